//! The host: one engine, one cache and one set of interfaces for every plugin of a process. It does
//! not keep track of plugins.

use crate::cache::{Cache, Origin};
use crate::engine::{self, EpochTicker};
use crate::error::{HostError, LoadFault};
use crate::guest_output::{Level, Log, PluginLog};
use crate::imports;
use crate::kind::Kind;
use crate::limits::Limits;
use crate::resources;
use crate::state::State;
use crate::wasi;
use loadwright_core::stop::StopFlag;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use wasmtime::Engine;
use wasmtime::component::{Component, InstancePre, Linker};

/// Settings for every plugin of a process.
#[derive(Clone)]
pub struct HostConfig {
    /// Cache folder, in which a private folder is created for compiled code; `None`: no cache.
    pub cache_dir: Option<PathBuf>,
    /// Memory limit of a plugin in bytes; `None`: what its manifest asks for, from 64 to 256 MiB.
    pub memory: Option<u64>,
    /// Bytes that a plugin passes to the host in one call, at most.
    pub output: u64,
    /// Time limit of one call.
    pub timeout: Duration,
    /// Time limit of the host's own work in one call (tokenizer, files, log).
    pub host_time: Duration,
    /// The run's seed: all randomness of plugins derives from it.
    pub seed: u64,
    /// Receives what plugins log, and the host's [`Level::Progress`] lines about them. Called from
    /// any thread.
    pub log: Log,
    /// Receives messages about the host itself, e.g. that its cache cannot be used.
    pub notice: Arc<dyn Fn(&str) + Send + Sync>,
    /// Once raised, calls into datasets end: their results are no longer needed.
    pub stop: StopFlag,
}

/// Shared by all plugins of a process.
pub struct Host {
    pub(crate) config: HostConfig,
    engine: Engine,
    pub(crate) epoch: Arc<EpochTicker>,
    pub(crate) cache: Cache,
}

impl Host {
    /// Starts the engine. One is enough for a process: threads share it.
    ///
    /// # Errors
    /// This machine cannot run compiled WebAssembly.
    pub fn new(config: HostConfig) -> Result<Arc<Self>, HostError> {
        let failed = |error: wasmtime::Error| HostError(format!("{error:#}"));
        let (engine, epoch) = engine::start().map_err(failed)?;
        let cache = Cache::new(&engine, config.cache_dir.as_deref(), Arc::clone(&config.notice));
        Ok(Arc::new(Self { config, engine, epoch, cache }))
    }

    /// Compiles `bytes`, whose SHA-256 is `digest`, or loads them from the cache.
    pub(crate) fn compile(
        &self,
        bytes: &[u8],
        digest: &str,
        log: &PluginLog,
    ) -> Result<(Component, Origin), LoadFault> {
        let slow = || {
            let size = bytes.len() >> 10;
            log.announce(Level::Progress, &format!("compiling {size} KiB, once per machine"));
        };
        self.cache
            .component(&self.engine, bytes, digest, slow)
            .map_err(|error| LoadFault::Compile(format!("{error:#}")))
    }

    /// Whether the component whose SHA-256 is `digest` is in the cache.
    pub(crate) fn has_compiled(&self, digest: &str) -> bool {
        self.cache.holds(digest)
    }

    /// Links a component of this kind to the interfaces of its worlds.
    pub(crate) fn link(
        &self,
        component: &Component,
        kind: Kind,
    ) -> Result<InstancePre<State>, LoadFault> {
        resources::check(component).map_err(LoadFault::Resources)?;
        // WASI imports differ by version and toolchain: each component gets those it imports.
        let mut linker = Linker::new(&self.engine);
        let linked = imports::add_to_linker(&mut linker, kind)
            .and_then(|()| wasi::add_to_linker(&mut linker, &self.engine, component))
            .and_then(|()| linker.instantiate_pre(component));
        linked.map_err(|error| LoadFault::Contract(format!("{error:#}")))
    }

    /// The limits of a plugin whose manifest asks for `memory` bytes.
    pub(crate) fn limits(&self, memory: u64) -> Limits {
        let HostConfig { output, timeout, host_time, .. } = self.config;
        Limits { memory: self.config.memory.unwrap_or(memory), output, timeout, host_time }
    }
}
