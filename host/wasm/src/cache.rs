//! Compiled code on disk, so that a plugin is compiled once for a machine and not once a run.
//!
//! A file is named by what it was made from and by what made it: the SHA-256 of the component and
//! the engine's compatibility hash. It is written beside its place and renamed into it. Whatever is
//! wrong with a file or the directory costs a compilation and is never an error.

use sha2::{Digest, Sha256};
use std::fs::{self, DirBuilder, File};
use std::hash::{Hash, Hasher};
use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{RecvTimeoutError, sync_channel};
use std::time::Duration;
use wasmtime::Engine;
use wasmtime::component::Component;

/// A compilation longer than this is announced.
const PATIENCE: Duration = Duration::from_millis(500);

/// Where compiled code is kept.
pub(crate) struct Cache {
    dir: Option<PathBuf>,
    engine: String,
}

/// Where a component came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Origin {
    /// Mapped from the cache.
    Cached,
    /// Compiled now.
    Compiled,
}

impl Cache {
    /// A cache in `dir`; none: nothing is kept. A directory that cannot be made private is not
    /// used, since whoever can write to it could have any code run.
    pub(crate) fn new(engine: &Engine, dir: Option<&Path>) -> Self {
        let dir = dir.filter(|dir| make_private(dir)).map(Path::to_path_buf);
        Self { dir, engine: compatibility(engine) }
    }

    /// The compiled form of `bytes`, from the disk or made now; `slow` is called when that takes
    /// long.
    ///
    /// # Errors
    /// The bytes do not compile.
    pub(crate) fn component(
        &self,
        engine: &Engine,
        bytes: &[u8],
        slow: impl Fn() + Sync,
    ) -> wasmtime::Result<(Component, Origin)> {
        let path = self.dir.as_ref().map(|dir| {
            let component = hex(&Sha256::digest(bytes));
            dir.join(format!("{component}-{}.cwasm", self.engine))
        });
        if let Some(component) = path.as_ref().and_then(|path| load(engine, path)) {
            return Ok((component, Origin::Cached));
        }
        let component = announced(slow, || Component::from_binary(engine, bytes))?;
        if let Some(path) = &path {
            keep(&component, path);
        }
        Ok((component, Origin::Compiled))
    }
}

/// Reads a file of the cache; none if it is missing or bad.
#[expect(unsafe_code, reason = "mapping compiled code is unsafe by nature; see below")]
fn load(engine: &Engine, path: &Path) -> Option<Component> {
    let about = fs::symlink_metadata(path).ok()?;
    if !about.is_file() || about.mode() & 0o022 != 0 {
        return None;
    }
    // SAFETY: deserialising runs whatever the file holds. It was written by `keep`, in a directory
    // that only this user can enter, under a name made from the component and the engine, and only
    // after it was whole on the disk; a path from the user is never taken. Nobody writes to it
    // while it is mapped: `keep` replaces files, and never changes one.
    unsafe { Component::deserialize_file(engine, path) }.ok()
}

/// Writes a file of the cache. Failing to costs the next run a compilation, nothing else.
fn keep(component: &Component, path: &Path) {
    let Ok(code) = component.serialize() else { return };
    // Two processes may compile at once: each writes a file of its own.
    let beside = path.with_extension(format!("{}.tmp", std::process::id()));
    let written = File::create(&beside).and_then(|mut file| {
        file.set_permissions(fs::Permissions::from_mode(0o600))?;
        file.write_all(&code)?;
        // Renamed before its bytes are on the disk, it could be empty after a crash.
        file.sync_all()
    });
    if written.and_then(|()| fs::rename(&beside, path)).is_err() {
        // Best effort: what cannot be written can seldom be removed either.
        drop(fs::remove_file(&beside));
    }
}

fn make_private(dir: &Path) -> bool {
    let made = DirBuilder::new().recursive(true).mode(0o700).create(dir);
    made.and_then(|()| fs::set_permissions(dir, fs::Permissions::from_mode(0o700))).is_ok()
}

/// Runs `work`, and `slow` once beside it if it takes long.
fn announced<T>(slow: impl Fn() + Sync, work: impl FnOnce() -> T) -> T {
    std::thread::scope(|scope| {
        let (done, wait) = sync_channel::<()>(0);
        let slow = &slow;
        scope.spawn(move || {
            if wait.recv_timeout(PATIENCE) == Err(RecvTimeoutError::Timeout) {
                slow();
            }
        });
        let result = work();
        drop(done);
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
#[path = "cache_tests.rs"]
mod tests;
