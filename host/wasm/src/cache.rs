//! Compiled code on disk, so that a plugin is compiled once on a machine and not once a run.
//!
//! A file is named by what it was made from and by what made it: the SHA-256 of the component and
//! the engine's compatibility hash. It begins with a digest over name and code; only bytes that were
//! read from a folder private to this user and match it are run. Anything wrong with a file costs a
//! compilation; a folder that cannot be used is a notice, and never an error.

mod private;

use private::PrivateFolder;
use sha2::{Digest, Sha256};
use std::hash::{Hash, Hasher};
use std::path::Path;
use std::sync::Arc;
use std::sync::Once;
use std::sync::mpsc::{RecvTimeoutError, sync_channel};
use std::time::Duration;
use wasmtime::Engine;
use wasmtime::component::Component;

/// A compilation longer than this is announced.
const PATIENCE: Duration = Duration::from_millis(500);

/// What a file begins with: the layout's name, then the digest.
const LAYOUT: &[u8; 8] = b"lw-code1";
const DIGEST: usize = 32;

/// What the user should know about the host itself.
pub(crate) type Notice = Arc<dyn Fn(&str) + Send + Sync>;

/// Where compiled code is kept.
pub(crate) struct Cache {
    folder: Option<PrivateFolder>,
    engine: String,
    notice: Notice,
    /// The next file that cannot be written fails for the same reason as the first.
    write_failed: Once,
}

/// Where a component came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Origin {
    /// Read from the cache.
    Cached,
    /// Compiled now.
    Compiled,
}

impl Cache {
    /// A cache in a folder of its own below `parent`; none: nothing is kept.
    pub(crate) fn new(engine: &Engine, parent: Option<&Path>, notice: Notice) -> Self {
        let folder = parent.and_then(|parent| match PrivateFolder::open(parent) {
            Ok(folder) => Some(folder),
            Err(why) => {
                notice(&format!("compiled plugins are not cached: {why}"));
                None
            }
        });
        Self { folder, engine: compatibility(engine), notice, write_failed: Once::new() }
    }

    /// The compiled form of the component `bytes`, whose SHA-256 is `digest` in hexadecimal: from
    /// the disk, or made now. `slow` is called when that takes long.
    ///
    /// # Errors
    /// The bytes do not compile.
    pub(crate) fn component(
        &self,
        engine: &Engine,
        bytes: &[u8],
        digest: &str,
        slow: impl Fn() + Sync,
    ) -> wasmtime::Result<(Component, Origin)> {
        let name = format!("{digest}-{}{}", self.engine, private::KEPT);
        if let Some(component) = self.folder.as_ref().and_then(|it| load(engine, it, &name)) {
            return Ok((component, Origin::Cached));
        }
        let component =
            announced(slow, || on_spare_threads(|| Component::from_binary(engine, bytes)))?;
        if let Some(folder) = &self.folder {
            self.keep(folder, &name, &component);
        }
        Ok((component, Origin::Compiled))
    }

    /// Writes a file of the cache. Failing to costs the next run a compilation, nothing else.
    fn keep(&self, folder: &PrivateFolder, name: &str, component: &Component) {
        let Ok(code) = component.serialize() else { return };
        match folder.write(name, &[LAYOUT, &seal(name, &code), &code]) {
            Ok(()) => folder.prune(),
            Err(error) => self.write_failed.call_once(|| {
                (self.notice)(&format!(
                    "compiled plugins are not cached: {} cannot be written: {error}; free space, \
                     or give another --cache-dir",
                    folder.path().display()
                ));
            }),
        }
    }
}

/// Reads a file of the cache; none if it is missing or bad.
#[expect(unsafe_code, reason = "running compiled code is unsafe by nature; see below")]
fn load(engine: &Engine, folder: &PrivateFolder, name: &str) -> Option<Component> {
    let bytes = folder.read(name)?;
    let (digest, code) = bytes.strip_prefix(LAYOUT)?.split_at_checked(DIGEST)?;
    if digest != seal(name, code) {
        return None;
    }
    // SAFETY: deserialising runs whatever the bytes hold. They are in memory, so that nobody can
    // change what was checked. They came from a file that belongs to this user, in a folder that
    // does too, and that nobody else may write to; `keep` wrote it, since the digest fits its name.
    unsafe { Component::deserialize(engine, code) }.ok()
}

/// The digest that a file named `name` with this code begins with.
fn seal(name: &str, code: &[u8]) -> [u8; DIGEST] {
    Sha256::new().chain_update(name).chain_update(code).finalize().into()
}

/// Runs `work` with threads for it to spread over, which are gone afterwards; on this thread alone
/// where the system gives no more.
fn on_spare_threads<T: Send>(work: impl FnOnce() -> T + Send) -> T {
    let pool = rayon::ThreadPoolBuilder::new().build();
    let alone = || rayon::ThreadPoolBuilder::new().num_threads(1).use_current_thread().build();
    match pool.or_else(|_| alone()) {
        Ok(pool) => pool.install(work),
        // This thread is a pool of its own already, from an earlier time.
        Err(_) => work(),
    }
}

/// Runs `work`, and `slow` once beside it if it takes long.
fn announced<T>(slow: impl Fn() + Sync, work: impl FnOnce() -> T) -> T {
    std::thread::scope(|scope| {
        let (done, wait) = sync_channel::<()>(0);
        let slow = &slow;
        let watch = move || {
            if wait.recv_timeout(PATIENCE) == Err(RecvTimeoutError::Timeout) {
                slow();
            }
        };
        // Without a thread to spare nothing is announced, and the work is done all the same.
        let watching = std::thread::Builder::new().spawn_scoped(scope, watch);
        let result = work();
        drop(done);
        drop(watching);
        result
    })
}

fn compatibility(engine: &Engine) -> String {
    let mut hasher = Sha256Hasher(Sha256::new());
    engine.precompile_compatibility_hash().hash(&mut hasher);
    hex(&hasher.0.finalize()[..8])
}

/// The standard hasher may change between compilers; this one does not.
struct Sha256Hasher(Sha256);

impl Hasher for Sha256Hasher {
    fn write(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    fn finish(&self) -> u64 {
        let digest = self.0.clone().finalize();
        u64::from_le_bytes(digest[..8].try_into().expect("a digest has 32 bytes"))
    }
}

/// Bytes as lower-case hexadecimal.
pub(crate) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        write!(text, "{byte:02x}").expect("a string takes anything");
        text
    })
}

#[cfg(test)]
mod tests;
