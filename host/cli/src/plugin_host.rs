//! Starts the host of plugins: for a run, and to ask components for manifests that they do not carry.

use crate::console::Console;
use loadwright_core::stop::StopFlag;
use loadwright_wasm::{Host, HostConfig, HostError};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// The least time that the host works for a plugin in one call, beside the plugin's own time.
const HOST_TIME: Duration = Duration::from_secs(10);

/// Limits of plugins, and where they are cached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PluginSettings {
    /// Time that one call may take.
    pub timeout: Duration,
    /// Bytes of memory of an instance, if given.
    pub memory: Option<u64>,
    /// Bytes that a plugin gives the host in one call.
    pub output: u64,
    /// Folder of compiled plugins, if given.
    pub cache_dir: Option<PathBuf>,
}

impl Default for PluginSettings {
    fn default() -> Self {
        Self { timeout: Duration::from_secs(5), memory: None, output: 128 << 20, cache_dir: None }
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
        output: settings.output,
        timeout: settings.timeout,
        host_time: settings.timeout.saturating_mul(4).max(HOST_TIME),
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
