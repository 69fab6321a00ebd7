//! The flags, and the command line as it was typed. Parsing it has no side effect; [`crate::plan`]
//! converts it.

pub mod dataset;
pub mod engine;
pub mod exporters;
pub mod generation;
pub mod load;
pub mod output;
pub mod prompt;
pub mod simulate;
pub mod suggestions;
pub mod target;
pub mod unsupported;
pub mod values;

use clap::{Args, CommandFactory, Parser, Subcommand};
use std::path::PathBuf;

/// A load generator for LLM inference services, extensible with WebAssembly plugins
#[derive(Debug, Clone, PartialEq, Parser)]
#[command(name = "loadwright", version, max_term_width = 100)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Debug, Clone, PartialEq, Subcommand)]
pub enum Command {
    /// Measure a service under load
    Perf(Box<PerfArgs>),
    /// Start the simulated inference server and print its URL
    Simulate(Box<simulate::SimulateArgs>),
    /// Regenerate the reports of a run
    Report(ReportArgs),
    /// Send a stored run to exporters, or what is missing of it there
    Export(Box<ExportArgs>),
    /// List, pack and inspect plugins, and write the contract
    #[command(subcommand)]
    Plugin(PluginCommand),
}

/// Every flag of `loadwright perf`.
#[derive(Debug, Clone, PartialEq, Args)]
#[command(
    args_override_self = true,
    mut_args = values::allow_negative,
    after_help = "These are the most common flags; --help shows all of them. To try it: loadwright \
                  perf --simulate",
    after_long_help = "Flags can also be set in the file given by --config, or in the \
                       environment as LOADWRIGHT_<FLAG>.\nPrecedence: file < environment < flags. \
                       To try it: loadwright perf --simulate"
)]
pub struct PerfArgs {
    /// Target.
    #[command(flatten)]
    pub target: target::TargetArgs,
    /// How requests arrive.
    #[command(flatten)]
    pub load: load::LoadArgs,
    /// What prompts look like.
    #[command(flatten)]
    pub prompt: prompt::PromptArgs,
    /// Where prompts come from.
    #[command(flatten)]
    pub dataset: dataset::DatasetArgs,
    /// How the model generates.
    #[command(flatten)]
    pub generation: generation::GenerationArgs,
    /// Where results go.
    #[command(flatten)]
    pub output: output::OutputArgs,
    /// Where results are sent.
    #[command(flatten)]
    pub exporters: exporters::ExporterArgs,
    /// How exporters take part.
    #[command(flatten)]
    pub live_export: exporters::LiveExportArgs,
    /// Plugins and their limits.
    #[command(flatten)]
    pub plugins: engine::PluginArgs,
    /// The engine itself.
    #[command(flatten)]
    pub engine: engine::EngineArgs,
    /// Flags that are known but not used.
    #[command(flatten)]
    pub unsupported: unsupported::UnsupportedArgs,
}

/// `loadwright report`.
#[derive(Debug, Clone, PartialEq, Args)]
pub struct ReportArgs {
    /// Folder of the run, or the records.db in it
    #[arg(value_name = "PATH")]
    pub path: PathBuf,
    /// Folder to write the files to [default: the folder of records.db]
    #[arg(long, value_name = "DIR")]
    pub outputs_dir: Option<PathBuf>,
    /// Exit with code 5 if a point meets this condition, instead of those of the run; repeatable
    #[arg(long, value_name = "CONDITION")]
    pub fail_if: Vec<String>,
    /// Print results as JSON to standard output, and the report to standard error
    #[arg(long)]
    pub json: bool,
}

/// `loadwright export`.
#[derive(Debug, Clone, PartialEq, Args)]
pub struct ExportArgs {
    /// Folder of the run, or the records.db in it
    #[arg(value_name = "PATH")]
    pub path: PathBuf,
    /// Where results are sent.
    #[command(flatten)]
    pub exporters: exporters::ExporterArgs,
    /// Plugins and their limits.
    #[command(flatten)]
    pub plugins: engine::PluginArgs,
    /// Print what became of the exporters as JSON to standard output
    #[arg(long)]
    pub json: bool,
}

/// `loadwright plugin`.
#[derive(Debug, Clone, PartialEq, Subcommand)]
pub enum PluginCommand {
    /// List plugins with kind, name, version, digest and summary
    List(PluginListArgs),
    /// Make a plugin of a component or core module: check it and put its manifest inside
    Pack(PluginPackArgs),
    /// Show what a plugin or its file holds, what it may reach, and why it would be refused
    Inspect(PluginInspectArgs),
    /// Write the contract, in WIT, to build plugins against
    Wit(PluginWitArgs),
}

/// `loadwright plugin list`.
#[derive(Debug, Clone, PartialEq, Args)]
pub struct PluginListArgs {
    /// Also list this component, or the components in this folder; repeatable
    #[arg(long, value_name = "PATH")]
    pub plugin: Vec<PathBuf>,
    /// Print the list as JSON, with the manifests
    #[arg(long)]
    pub json: bool,
}

/// `loadwright plugin pack`.
#[derive(Debug, Clone, PartialEq, Args)]
pub struct PluginPackArgs {
    /// Component, or core module built with wit-bindgen; it may import WASI preview 1
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// JSON file with the manifest [default: the one in the file, or what the plugin returns]
    #[arg(long, value_name = "FILE")]
    pub manifest: Option<PathBuf>,
    /// Where to write the plugin
    #[arg(short, long, value_name = "FILE")]
    pub output: PathBuf,
    /// Replace the output if it exists
    #[arg(long)]
    pub force: bool,
}

/// `loadwright plugin inspect`.
#[derive(Debug, Clone, PartialEq, Args)]
pub struct PluginInspectArgs {
    /// Component or core module, or the name of a bundled plugin
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// Print what it holds as JSON
    #[arg(long)]
    pub json: bool,
}

/// `loadwright plugin wit`.
#[derive(Debug, Clone, PartialEq, Args)]
pub struct PluginWitArgs {
    /// Folder to write to; it is created if missing
    #[arg(value_name = "DIR")]
    pub folder: PathBuf,
    /// Replace files that exist with other content
    #[arg(long)]
    pub force: bool,
}

/// Flags that `perf -h` shows, by their ids; `perf --help` shows all.
const SHORT: &[&str] = &[
    "model",
    "url",
    "api_key",
    "simulate",
    "parallel",
    "number",
    "rate",
    "open_loop",
    "duration",
    "min_prompt_length",
    "max_prompt_length",
    "dataset",
    "dataset_path",
    "tokenizer_path",
    "max_tokens",
    "min_tokens",
    "extra_args",
    "outputs_dir",
    "fail_if",
    "config",
];

/// The built definition of `loadwright perf`: files and variables can set its flags.
pub fn perf_command() -> clap::Command {
    let shortened = |arg: clap::Arg| {
        let shown = SHORT.contains(&arg.get_id().as_str());
        arg.hide_short_help(!shown)
    };
    let mut cli = Cli::command().mut_subcommand("perf", |perf| perf.mut_args(shortened));
    cli.build();
    cli.find_subcommand("perf").expect("perf is a subcommand").clone()
}

#[cfg(test)]
mod tests;
