//! The host: one engine, one cache and one set of interfaces for every plugin of a process.

use crate::bundled::bundled;
use crate::cache::{Cache, Origin};
use crate::clock;
use crate::console::{Level, Log, Voice};
use crate::engine::{self, Epoch};
use crate::error::{LoadError, LoadFault};
use crate::imports;
use crate::plugin::Plugin;
use crate::state::State;
use crate::wasi;
use loadwright_core::stop::StopFlag;
use loadwright_files::FileError;
use std::borrow::Cow;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use std::{fmt, fs};
use wasmtime::Engine;
use wasmtime::component::{Component, Linker};

/// Bytes of a component at most: interpreters of dynamic languages take some 40 MB.
const COMPONENT: u64 = 512 << 20;

/// What holds for every plugin of a process.
#[derive(Clone)]
pub struct HostConfig {
    /// Folder in which a private one is made for compiled code, kept between runs; none: nowhere.
    pub cache_dir: Option<PathBuf>,
    /// Bytes of memory a plugin may have; none: 64 MiB, or what its manifest asks, 256 MiB at most.
    pub memory: Option<u64>,
    /// What one call may take; 5 s unless the user says otherwise.
    pub timeout: Duration,
    /// The run's seed, from which all that plugins draw follows.
    pub seed: u64,
    /// Takes what plugins log, and [`Level::Progress`] lines of the host about them. Called from
    /// any thread.
    pub log: Log,
    /// Takes what the user should know about the host itself, e.g. that its cache cannot be used.
    pub notice: Arc<dyn Fn(&str) + Send + Sync>,
    /// Once raised, nothing more is wanted of datasets: calls into them end.
    pub stop: StopFlag,
}

/// Why the host cannot work on this machine.
#[derive(Debug, thiserror::Error)]
#[error("plugins cannot run on this machine: {0}")]
pub struct HostError(String);

/// Where a plugin comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// A component, or a core module made by wit-bindgen.
    Path(PathBuf),
    /// One that comes with the program, by name.
    Bundled(String),
}

impl Source {
    /// The components at `path`: itself, or the `.wasm` files of a folder in the order of their
    /// names.
    ///
    /// # Errors
    /// The folder cannot be read, or has none.
    pub fn at(path: &Path) -> Result<Vec<Self>, LoadError> {
        if !path.is_dir() {
            return Ok(vec![Self::Path(path.into())]);
        }
        let paths = components(path);
        let paths = paths.map_err(|fault| LoadError { origin: path.display().to_string(), fault });
        Ok(paths?.into_iter().map(Self::Path).collect())
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Path(path) => path.display().fmt(f),
            Self::Bundled(name) => write!(f, "`{name}`"),
        }
    }
}

/// Opens plugins and makes what they share.
pub struct Host {
    pub(crate) config: HostConfig,
    engine: Engine,
    pub(crate) epoch: Arc<Epoch>,
    linker: Linker<State>,
    cache: Cache,
    /// Time of day at the start, which is all that guests see of it.
    pub(crate) wall: Duration,
}

impl Host {
    /// Starts the engine. One is enough for a process: threads share it.
    ///
    /// # Errors
    /// This machine cannot run compiled WebAssembly.
    pub fn new(config: HostConfig) -> Result<Arc<Self>, HostError> {
        let failed = |error: wasmtime::Error| HostError(format!("{error:#}"));
        let (engine, epoch) = engine::start().map_err(failed)?;
        let mut linker = Linker::new(&engine);
        imports::offer(&mut linker).map_err(failed)?;
        let cache = Cache::new(&engine, config.cache_dir.as_deref(), Arc::clone(&config.notice));
        Ok(Arc::new(Self { config, engine, epoch, linker, cache, wall: clock::wall() }))
    }

    /// Reads a plugin, without compiling it where it carries its manifest.
    ///
    /// # Errors
    /// It is no component for this host; the text says what to do.
    pub fn open(self: &Arc<Self>, source: Source) -> Result<Arc<Plugin>, LoadError> {
        let origin = source.to_string();
        let opened = bytes(&source).and_then(|bytes| Plugin::new(Arc::clone(self), source, bytes));
        opened.map(Arc::new).map_err(|fault| LoadError { origin, fault })
    }

    /// Compiles `bytes`, whose SHA-256 is `digest`, or loads what was compiled earlier.
    pub(crate) fn compile(
        &self,
        bytes: &[u8],
        digest: &str,
        voice: &Voice,
    ) -> Result<(Component, Origin), LoadFault> {
        let slow = || {
            let size = bytes.len() >> 10;
            voice
                .announce(Level::Progress, &format!("compiling {size} KiB, once for this machine"));
        };
        self.cache
            .component(&self.engine, bytes, digest, slow)
            .map_err(|error| LoadFault::Compile(format!("{error:#}")))
    }

    /// Links a component to what the host offers.
    pub(crate) fn link(
        &self,
        component: &Component,
    ) -> Result<wasmtime::component::InstancePre<State>, LoadFault> {
        // WASI differs by version and toolchain: each component gets what it imports of it.
        let mut linker = self.linker.clone();
        let linked = wasi::offer(&mut linker, &self.engine, component)
            .and_then(|()| linker.instantiate_pre(component));
        linked.map_err(|error| LoadFault::Contract(format!("{error:#}")))
    }
}

fn components(folder: &Path) -> Result<Vec<PathBuf>, LoadFault> {
    let mut paths = Vec::new();
    for entry in fs::read_dir(folder).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        if path.extension().is_some_and(|extension| extension == "wasm") {
            paths.push(path);
        }
    }
    paths.sort();
    if paths.is_empty() { Err(LoadFault::EmptyFolder) } else { Ok(paths) }
}

pub(crate) fn bytes(source: &Source) -> Result<Cow<'static, [u8]>, LoadFault> {
    match source {
        Source::Path(path) => {
            loadwright_files::read(path, COMPONENT).map(Cow::Owned).map_err(refused)
        }
        Source::Bundled(name) => {
            let found = bundled().iter().find(|bundled| bundled.name == name);
            found.map(|bundled| Cow::Borrowed(bundled.bytes)).ok_or_else(|| {
                let names: Vec<_> =
                    bundled().iter().map(|bundled| format!("`{}`", bundled.name)).collect();
                LoadFault::NotBundled { known: names.join(", ") }
            })
        }
    }
}

fn unreadable(error: std::io::Error) -> LoadFault {
    refused(error.into())
}

fn refused(error: FileError) -> LoadFault {
    match error {
        error if error.is_missing() => LoadFault::Missing,
        FileError::Folder => LoadFault::Folder,
        error => LoadFault::Unreadable(error),
    }
}
