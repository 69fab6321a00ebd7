//! Flags that say where prompts come from.

use super::values::Whole;
use clap::Args;
use std::path::PathBuf;

/// Where prompts come from.
#[derive(Debug, Clone, PartialEq, Args)]
#[command(next_help_heading = "Dataset")]
pub struct DatasetArgs {
    /// Where prompts come from: the name of a dataset plugin
    #[arg(long, value_name = "PLUGIN", default_value = "random")]
    pub dataset: String,
    /// File that the dataset reads
    #[arg(long, value_name = "PATH")]
    pub dataset_path: Option<PathBuf>,
    /// Where the dataset is from; only `local` can be had
    #[arg(long, value_name = "SOURCE", default_value = "local")]
    pub data_source: String,
    /// First item of the dataset that is used
    #[arg(long, value_name = "N", default_value = "0")]
    pub dataset_offset: Whole,
    /// Settings of the dataset plugin: a JSON object, or @FILE that holds one
    #[arg(long, value_name = "JSON")]
    pub dataset_args: Option<String>,
    /// Tokenizer of the model: a folder, a tokenizer.json file, or a hub id
    #[arg(long, value_name = "PATH|ID")]
    pub tokenizer_path: Option<String>,
}
