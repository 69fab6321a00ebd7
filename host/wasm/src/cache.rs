//! Compiled code on disk, so that a plugin is compiled once per machine and not once per run.
//!
//! A file's name holds the SHA-256 of the component and the engine's compatibility hash. The file
//! starts with a digest of its name and code; code is run only if it was read from a folder private
//! to this user and matches that digest. A bad file costs a compilation; an unusable folder gives a
//! notice, never an error.

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
const ANNOUNCE_AFTER: Duration = Duration::from_millis(500);

/// The magic bytes that a file starts with; the digest follows.
const LAYOUT: &[u8; 8] = b"lw-code1";
const DIGEST: usize = 32;

/// Reports something about the host itself to the user.
pub(crate) type Notice = Arc<dyn Fn(&str) + Send + Sync>;

/// The cache of compiled code.
pub(crate) struct Cache {
    folder: Option<PrivateFolder>,
    engine: String,
    notice: Notice,
    /// Reported once: further files fail to be written for the same reason.
    write_failed: Once,
}

/// Where a component came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Origin {
    /// Read from the cache.
    Cached,
    /// Compiled just now.
    Compiled,
}

impl Cache {
    /// A cache in its own folder below `parent`; without one nothing is cached.
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

    /// The compiled form of the component `bytes`, whose SHA-256 is `digest` in hexadecimal: loaded
    /// from disk or compiled. `slow` is called when compiling takes long.
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
        let name = self.code_name(digest);
        if let Some(component) = self.folder.as_ref().and_then(|it| load(engine, it, &name)) {
            return Ok((component, Origin::Cached));
        }
        let component =
            announced(slow, || on_spare_threads(|| Component::from_binary(engine, bytes)))?;
        if let (Some(folder), Ok(code)) = (&self.folder, component.serialize()) {
            self.store(folder, &name, &code);
        }
        Ok((component, Origin::Compiled))
    }

    /// Whether it holds compiled code of the component of this digest.
    pub(crate) fn holds(&self, digest: &str) -> bool {
        self.folder.as_ref().is_some_and(|it| content(it, &self.code_name(digest)).is_some())
    }

    fn code_name(&self, digest: &str) -> String {
        format!("{digest}-{}{}", self.engine, private::SUFFIX)
    }

    /// What `describe` of the component of this digest returned, if it was kept.
    pub(crate) fn described(&self, digest: &str) -> Option<String> {
        String::from_utf8(content(self.folder.as_ref()?, &described_name(digest))?).ok()
    }

    /// Keeps what `describe` of the component of this digest returned.
    pub(crate) fn store_described(&self, digest: &str, text: &str) {
        if let Some(folder) = &self.folder {
            self.store(folder, &described_name(digest), text.as_bytes());
        }
    }

    /// Writes a file of the cache. A failure only costs the next run a compilation.
    fn store(&self, folder: &PrivateFolder, name: &str, content: &[u8]) {
        match folder.write(name, &[LAYOUT, &digest_of(name, content), content]) {
            Ok(()) => folder.prune(),
            Err(error) => self.write_failed.call_once(|| {
                (self.notice)(&format!(
                    "compiled plugins are not cached: {} cannot be written: {error}; free some \
                     space or choose another --cache-dir",
                    folder.path().display()
                ));
            }),
        }
    }
}

/// Reads a file of the cache; `None` if it is missing or bad.
#[expect(unsafe_code, reason = "running compiled code is unsafe by nature; see below")]
fn load(engine: &Engine, folder: &PrivateFolder, name: &str) -> Option<Component> {
    let code = content(folder, name)?;
    // SAFETY: the bytes must be what `Component::serialize` gave, since they are run as machine code.
    // They are in memory, so they cannot change after the check. They came from a file owned by this
    // user, in a folder owned by this user that nobody else may write to, and `store` wrote it, since
    // the digest matches name and code.
    unsafe { Component::deserialize(engine, &code) }.ok()
}

/// The content of a file of the cache; `None` if it is missing, or not what was written.
fn content(folder: &PrivateFolder, name: &str) -> Option<Vec<u8>> {
    let mut bytes = folder.read(name)?;
    let (digest, content) = bytes.strip_prefix(LAYOUT)?.split_at_checked(DIGEST)?;
    if digest != digest_of(name, content) {
        return None;
    }
    bytes.drain(..LAYOUT.len() + DIGEST);
    Some(bytes)
}

fn described_name(digest: &str) -> String {
    format!("{digest}{}", private::DESCRIBED)
}

/// The digest at the start of the file called `name` that holds `code`.
fn digest_of(name: &str, code: &[u8]) -> [u8; DIGEST] {
    Sha256::new().chain_update(name).chain_update(code).finalize().into()
}

/// Runs `work` on a temporary thread pool; on this thread alone if no threads can be created.
fn on_spare_threads<T: Send>(work: impl FnOnce() -> T + Send) -> T {
    let pool = rayon::ThreadPoolBuilder::new().build();
    let alone = || rayon::ThreadPoolBuilder::new().num_threads(1).use_current_thread().build();
    match pool.or_else(|_| alone()) {
        Ok(pool) => pool.install(work),
        // This thread already became a pool in an earlier call.
        Err(_) => work(),
    }
}

/// Runs `work`; calls `slow` once, from another thread, if it takes long.
fn announced<T>(slow: impl Fn() + Sync, work: impl FnOnce() -> T) -> T {
    std::thread::scope(|scope| {
        let (done, wait) = sync_channel::<()>(0);
        let slow = &slow;
        let watch = move || {
            if wait.recv_timeout(ANNOUNCE_AFTER) == Err(RecvTimeoutError::Timeout) {
                slow();
            }
        };
        // If no thread can be created, nothing is announced and the work is done all the same.
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

/// The standard hasher may change between compiler versions; SHA-256 does not.
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
        write!(text, "{byte:02x}").expect("writing to a string cannot fail");
        text
    })
}

#[cfg(test)]
mod tests;
