//! The host: one engine, one cache and one set of interfaces for every plugin of a process. It knows no
//! plugin.

use crate::cache::{Cache, Origin};
use crate::clock;
use crate::console::{Level, Log, PluginLog};
use crate::engine::{self, Epoch};
use crate::error::LoadFault;
use crate::imports;
use crate::state::State;
use crate::wasi;
use loadwright_core::stop::StopFlag;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use wasmtime::Engine;
use wasmtime::component::{Component, Linker};

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

/// What all plugins of a process share.
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

    /// Compiles `bytes`, whose SHA-256 is `digest`, or loads what was compiled earlier.
    pub(crate) fn compile(
        &self,
        bytes: &[u8],
        digest: &str,
        log: &PluginLog,
    ) -> Result<(Component, Origin), LoadFault> {
        let slow = || {
            let size = bytes.len() >> 10;
            log.announce(Level::Progress, &format!("compiling {size} KiB, once for this machine"));
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
