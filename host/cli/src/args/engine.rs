//! Flags of the engine itself and of the plugins it runs.

use super::values::{Decimal, Whole};
use clap::Args;
use std::path::PathBuf;

/// The engine itself.
#[derive(Debug, Clone, PartialEq, Args)]
#[command(next_help_heading = "Engine")]
pub struct EngineArgs {
    /// File of settings: TOML, keys as the flags; environment and flags come before it
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Engine threads [default: a quarter of the cores, 1 to 8]
    #[arg(long, value_name = "N")]
    pub threads: Option<Whole>,
    /// Which stamp of a read dates its frames: kernel or user
    #[arg(long, value_name = "SOURCE", default_value = "kernel")]
    pub timestamps: String,
    /// Largest body of a reply; a request beyond it fails as too_large, like those of the next two
    #[arg(long, value_name = "MIB", default_value = "256")]
    pub max_reply_size: Whole,
    /// Most frames of a reply
    #[arg(long, value_name = "N", default_value = "1000000")]
    pub max_reply_frames: Whole,
    /// Memory that all replies hold together, until they are recorded [default: a quarter of what
    /// the machine or its control group has]
    #[arg(long, value_name = "MIB")]
    pub max_reply_memory: Option<Whole>,
}

/// Plugins and their limits.
#[derive(Debug, Clone, PartialEq, Args)]
#[command(next_help_heading = "Plugins")]
pub struct PluginArgs {
    /// Component to load, or a folder of them; may be repeated
    #[arg(long, value_name = "PATH")]
    pub plugin: Vec<PathBuf>,
    /// Time that one call into a plugin may take
    #[arg(long, value_name = "SECONDS", default_value = "5")]
    pub plugin_timeout: Decimal,
    /// Memory of a plugin's instance [default: what the plugin asks for, 64 or 256]
    #[arg(long, value_name = "MIB")]
    pub plugin_memory: Option<Whole>,
    /// What a failing plugin does: fail-request or fail-run
    #[arg(long, value_name = "POLICY", default_value = "fail-request")]
    pub on_plugin_failure: String,
    /// Folder that compiled plugins are kept in [default: the user's cache folder]
    #[arg(long, value_name = "DIR")]
    pub cache_dir: Option<PathBuf>,
}
