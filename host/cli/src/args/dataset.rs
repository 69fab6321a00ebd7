//! Flags of the dataset.

use super::values::Whole;
use clap::Args;
use std::path::PathBuf;

/// Where prompts come from.
#[derive(Debug, Clone, PartialEq, Args)]
#[command(next_help_heading = "Dataset")]
pub struct DatasetArgs {
    /// Dataset plugin: the source of prompts
    #[arg(long, value_name = "PLUGIN", default_value = "random")]
    pub dataset: String,
    /// File for the dataset to read
    #[arg(long, value_name = "PATH")]
    pub dataset_path: Option<PathBuf>,
    /// Where to load the dataset from; only `local` is supported
    #[arg(long, value_name = "SOURCE", default_value = "local")]
    pub data_source: String,
    /// First dataset item to use
    #[arg(long, value_name = "N", default_value = "0")]
    pub dataset_offset: Whole,
    /// Settings of the dataset plugin: a JSON object, or @FILE
    #[arg(long, value_name = "JSON")]
    pub dataset_args: Option<String>,
    /// Tokenizer of the model: a folder, a tokenizer.json file, or a hub id
    #[arg(long, value_name = "PATH|ID")]
    pub tokenizer_path: Option<String>,
}
