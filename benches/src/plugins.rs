//! What plugins cost: compiled, loaded, called, and in whole runs. The kept results are what
//! docs/PLUGINS.md shows.

mod calls;
mod held_text;
mod whole_run;

use crate::Failure;
use crate::machine::Machine;
use calls::Calls;
use clap::Args;
use held_text::HeldText;
use loadwright_timing::clock;
use loadwright_wasm::{Identity, Source, bundled, identify};
use serde::{Deserialize, Serialize};
use std::fs;
use std::path::PathBuf;
use whole_run::WholeRun;

/// Settings of a measurement.
#[derive(Debug, Args)]
pub(crate) struct PluginsArgs {
    /// Components to measure beside the bundled ones; repeatable
    #[arg(long)]
    plugin: Vec<PathBuf>,
    /// The loadwright binary, built for release: it makes the whole runs
    #[arg(long)]
    loadwright: PathBuf,
    /// An API plugin that takes held text, for 10,000 requests of 32k tokens at 200 a second
    #[arg(long)]
    held_text: Option<PathBuf>,
    /// Measurements of each call
    #[arg(long, default_value_t = 5)]
    rounds: u32,
    /// Folder for the results
    #[arg(long, default_value = "benches/results")]
    results: PathBuf,
}

/// The content of the results' file.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Measurement {
    /// When, in UTC.
    date: String,
    /// On what.
    machine: Machine,
    /// What calls cost, by plugin.
    calls: Vec<Calls>,
    /// Whole runs, by API plugin.
    runs: Vec<WholeRun>,
    /// The run with long prompts.
    #[serde(default)]
    held_text: Option<HeldText>,
}

/// Measures, writes and prints.
pub(crate) fn run(args: &PluginsArgs) -> Result<(), Failure> {
    let given = args.plugin.iter().cloned().map(Source::Path);
    let sources: Vec<Source> = ["openai", "prompt", "line_by_line"]
        .into_iter()
        .filter(|name| bundled().iter().any(|bundled| bundled.name == *name))
        .map(|name| Source::Bundled(name.into()))
        .chain(given)
        .collect();
    let mut measurement = Measurement {
        date: time::OffsetDateTime::from_unix_timestamp_nanos(clock::wall().into())?
            .date()
            .to_string(),
        machine: Machine::here(),
        calls: Vec::new(),
        runs: Vec::new(),
        held_text: None,
    };
    for source in &sources {
        println!("{source}");
        measurement.calls.push(calls::measure(source, args.rounds)?);
        if let Some(run) = whole_run::measure(source, &args.loadwright)? {
            measurement.runs.push(run);
        }
    }
    if let Some(plugin) = &args.held_text {
        measurement.held_text = Some(held_text::measure(plugin, &args.loadwright)?);
    }
    fs::create_dir_all(&args.results)?;
    let file = args.results.join(format!("{}-plugins.json", measurement.date));
    fs::write(&file, serde_json::to_string_pretty(&measurement)? + "\n")?;
    println!("{}", table(&measurement));
    Ok(())
}

/// Reads and inspects the component at `source`.
fn identified(source: &Source) -> Result<Identity, Failure> {
    let cache = tempfile::tempdir()?;
    Ok(identify(source, || calls::host(cache.path()))?)
}

/// The results as the table of docs/PLUGINS.md: medians.
fn table(measurement: &Measurement) -> String {
    let mut text = String::from(
        "| plugin | size | compile | load | instance | `format` | `generate` | `decode` a frame |\n\
         |---|---|---|---|---|---|---|---|\n",
    );
    for calls in &measurement.calls {
        text.push_str(&calls.row());
    }
    text.push_str("\n| API plugin | requests a second | CPU a request |\n|---|---|---|\n");
    for run in &measurement.runs {
        text.push_str(&run.row());
    }
    if let Some(held) = &measurement.held_text {
        text.push_str(&held.sentence());
    }
    text
}
