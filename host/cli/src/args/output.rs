//! Flags that say where results go and what is said on the way.

use clap::Args;
use std::path::PathBuf;

/// Where results go and what is said on the way.
#[derive(Debug, Clone, PartialEq, Args)]
#[command(next_help_heading = "Output")]
pub struct OutputArgs {
    /// Folder that the run's folder is made in
    #[arg(long, value_name = "DIR", default_value = "./outputs")]
    pub outputs_dir: PathBuf,
    /// Leave the time out of the run folder's path
    #[arg(long)]
    pub no_timestamp: bool,
    /// Name of the run and its folder [default: the last part of the model's name]
    #[arg(long, value_name = "NAME")]
    pub name: Option<String>,
    /// Name shown in reports in place of the model's
    #[arg(long, value_name = "NAME")]
    pub alias: Option<String>,
    /// Say more: plugins' debug lines, and how settings were resolved
    #[arg(long)]
    pub debug: bool,
}
