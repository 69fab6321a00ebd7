//! Flags of the engine itself and of the plugins it runs.

use super::values::{Decimal, Whole};
use clap::Args;
use std::path::PathBuf;

/// The engine itself.
#[derive(Debug, Clone, PartialEq, Args)]
#[command(next_help_heading = "Engine")]
pub struct EngineArgs {
    /// TOML file of settings, with flags as keys; environment and flags take precedence
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Engine threads [default: a quarter of the cores, 1 to 8]
    #[arg(long, value_name = "N")]
    pub threads: Option<Whole>,
    /// Pin engine threads to a processor while they compete for CPU time: auto or off
    #[arg(long, value_name = "MODE", default_value = "auto")]
    pub cpu_pinning: String,
    /// Source of timestamps for received frames: kernel or user
    #[arg(long, value_name = "SOURCE", default_value = "kernel")]
    pub timestamps: String,
    /// Maximum size of a reply's body; beyond it, a request fails as too_large
    #[arg(long, value_name = "MIB", default_value = "256")]
    pub max_reply_size: Whole,
    /// Maximum frames of a reply; beyond it, a request fails as too_large
    #[arg(long, value_name = "N", default_value = "1000000")]
    pub max_reply_frames: Whole,
    /// Maximum memory of all replies that are not recorded yet; beyond it, requests fail as too_large
    /// [default: a quarter of the machine's or control group's memory]
    #[arg(long, value_name = "MIB")]
    pub max_reply_memory: Option<Whole>,
}

/// Plugins and their limits.
#[derive(Debug, Clone, PartialEq, Args)]
#[command(next_help_heading = "Plugins")]
pub struct PluginArgs {
    /// Load this component, or the components in this folder; repeatable
    #[arg(long, value_name = "PATH")]
    pub plugin: Vec<PathBuf>,
    /// Time limit of a call into a plugin
    #[arg(long, value_name = "SECONDS", default_value = "5")]
    pub plugin_timeout: Decimal,
    /// Memory limit of a plugin instance [default: 64, up to 256 if the plugin requests it]
    #[arg(long, value_name = "MIB")]
    pub plugin_memory: Option<Whole>,
    /// Limit of what a plugin returns from one call
    #[arg(long, value_name = "MIB", default_value = "128")]
    pub plugin_output: Whole,
    /// What to do when a plugin fails: fail-request or fail-run
    #[arg(long, value_name = "POLICY", default_value = "fail-request")]
    pub on_plugin_failure: String,
    /// Folder for compiled plugins [default: the user's cache folder]
    #[arg(long, value_name = "DIR")]
    pub cache_dir: Option<PathBuf>,
}
