//! Starts the host of plugins: for a run, and to ask components for manifests that they do not carry.

use crate::console::Console;
use loadwright_core::stop::StopFlag;
use loadwright_wasm::{Host, HostConfig, HostError};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// Limits of plugins, and where they are cached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PluginSettings {
    /// Time that one call may take.
    pub timeout: Duration,
    /// Bytes of memory of an instance, if given.
    pub memory: Option<u64>,
    /// Folder of compiled plugins, if given.
    pub cache_dir: Option<PathBuf>,
}

impl Default for PluginSettings {
    fn default() -> Self {
        Self { timeout: Duration::from_secs(5), memory: None, cache_dir: None }
    }
}

/// Starts the host.
///
/// # Errors
/// Plugins cannot run on this machine.
pub(crate) fn start(
    settings: &PluginSettings,
    seed: u64,
    console: &Arc<Console>,
    stop: StopFlag,
) -> Result<Arc<Host>, HostError> {
    let (console, notices) = (Arc::clone(console), Arc::clone(console));
    let cache_dir = settings.cache_dir.clone().or_else(loadwright_files::cache_dir);
    if cache_dir.is_none() {
        console
            .notice("compiled plugins are not cached: there is no home folder; give --cache-dir");
    }
    Host::new(HostConfig {
        cache_dir,
        memory: settings.memory,
        timeout: settings.timeout,
        seed,
        log: Arc::new(move |name: &str, level, text: &str| console.plugin(name, level, text)),
        notice: Arc::new(move |text: &str| notices.notice(text)),
        stop,
    })
}

/// Starts a host that only asks components for their manifests.
///
/// # Errors
/// Plugins cannot run on this machine.
pub(crate) fn start_to_describe(settings: &PluginSettings) -> Result<Arc<Host>, HostError> {
    start(settings, 0, &Arc::default(), StopFlag::default())
}
