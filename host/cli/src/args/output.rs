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
    /// The run's folder itself, in place of one made in --outputs-dir: new, or empty
    #[arg(long, value_name = "DIR")]
    pub run_dir: Option<PathBuf>,
    /// Leave the time out of the run folder's path
    #[arg(long)]
    pub no_timestamp: bool,
    /// Name of the run and its folder [default: the last part of the model's name]
    #[arg(long, value_name = "NAME")]
    pub name: Option<String>,
    /// Name shown in reports in place of the model's
    #[arg(long, value_name = "NAME")]
    pub alias: Option<String>,
    /// Exit with code 5 if a point meets this: not-valid, or a metric and its limit, such as
    /// failed>1%, ttft_p99>500ms or goodput<95%; may be repeated
    #[arg(long, value_name = "CONDITION")]
    pub fail_if: Vec<String>,
    /// Print one JSON document to standard output, and the report to standard error
    #[arg(long)]
    pub json: bool,
    /// Say more: each setting, its value and where it came from, and plugins' debug lines
    #[arg(long)]
    pub debug: bool,
}
