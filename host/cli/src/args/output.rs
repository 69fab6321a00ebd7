//! Flags of results and messages.

use clap::Args;
use std::path::PathBuf;

/// Results and messages.
#[derive(Debug, Clone, PartialEq, Args)]
#[command(next_help_heading = "Output")]
pub struct OutputArgs {
    /// Folder in which to create the run's folder
    #[arg(long, value_name = "DIR", default_value = "./outputs")]
    pub outputs_dir: PathBuf,
    /// Use this new or empty folder for the run, instead of creating one in --outputs-dir
    #[arg(long, value_name = "DIR")]
    pub run_dir: Option<PathBuf>,
    /// Leave the date out of the path of the run's folder
    #[arg(long)]
    pub no_timestamp: bool,
    /// Name of the run and its folder [default: the last part of the model name]
    #[arg(long, value_name = "NAME")]
    pub name: Option<String>,
    /// Name to show in reports instead of the model's
    #[arg(long, value_name = "NAME")]
    pub alias: Option<String>,
    /// Exit with code 5 if a point meets this condition: not-valid, or a metric and a limit, e.g.
    /// failed>1%, ttft_p99>500ms or goodput<95%; repeatable
    #[arg(long, value_name = "CONDITION")]
    pub fail_if: Vec<String>,
    /// Print results as JSON to standard output, and the report to standard error
    #[arg(long)]
    pub json: bool,
    /// Verbose output: every setting and its origin, and debug messages of plugins
    #[arg(long)]
    pub debug: bool,
}
