//! The measurement: several rounds per scenario, and in each round every tool in turn against its own
//! server, so that other load on the machine affects all of them alike.

use crate::Failure;
use crate::child::{ServerProcess, lines, next};
use crate::loadwright::{self, Loadwright};
use crate::machine::Machine;
use crate::metrics::Metrics;
use crate::process::{self, Usage};
use crate::result::{Measurement, Run, Tool};
use crate::scenario::{Arrival, Scenario, Shape};
use crate::server::ServerReport;
use crate::table;
use clap::{Args, ValueEnum};
use loadwright_timing::clock;
use serde_json::Value;
use std::fs;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Command, Stdio};

/// Settings of a measurement.
#[derive(Debug, Args)]
pub(crate) struct RunArgs {
    /// Scenarios to measure [default: all]
    #[arg(value_enum)]
    scenarios: Vec<Scenario>,
    /// The loadwright binary, built for release; without it the bare client runs alone
    #[arg(long)]
    loadwright: Option<PathBuf>,
    /// Another build of loadwright, run in turn with the first in every round
    #[arg(long, requires = "loadwright")]
    baseline: Option<PathBuf>,
    /// Arguments of the baseline alone, e.g. `--baseline-args=--cpu-pinning=off`; repeatable
    #[arg(long, requires = "baseline", allow_hyphen_values = true)]
    baseline_args: Vec<String>,
    /// A conventions component: adds runs with `--exporter otlp`, which sends every request's spans by
    /// these conventions to a receiver of its own, beside runs without
    #[arg(long, requires = "loadwright")]
    otlp: Option<PathBuf>,
    /// Folder of a tokenizer, for the scenario that needs one
    #[arg(long)]
    tokenizer: Option<PathBuf>,
    /// Runs of each tool
    #[arg(long, default_value_t = 3)]
    rounds: u32,
    /// Requests in a run, instead of the scenario's own number
    #[arg(long)]
    requests: Option<u64>,
    /// Folder for the results
    #[arg(long, default_value = "benches/results")]
    results: PathBuf,
}

/// Measures, writes and prints.
pub(crate) fn run(args: &RunArgs) -> Result<(), Failure> {
    fs::create_dir_all(&args.results)?;
    let all = Scenario::value_variants();
    let scenarios = if args.scenarios.is_empty() { all } else { &args.scenarios };
    for &scenario in scenarios {
        let measurement = measure(scenario, args)?;
        if measurement.runs.is_empty() {
            println!("{}: skipped, needs --loadwright or --tokenizer\n", scenario.name());
            continue;
        }
        let name = format!("{}-{}.json", measurement.date, scenario.name());
        fs::write(args.results.join(name), serde_json::to_string_pretty(&measurement)? + "\n")?;
        println!("{}", table::markdown(&measurement));
    }
    Ok(())
}

fn measure(scenario: Scenario, args: &RunArgs) -> Result<Measurement, Failure> {
    let mut shape = scenario.shape();
    shape.requests = args.requests.unwrap_or(shape.requests);
    let date = time::OffsetDateTime::from_unix_timestamp_nanos(clock::wall().into())?.date();
    let mut measurement = Measurement {
        scenario,
        requests: shape.requests,
        date: date.to_string(),
        machine: Machine::here(),
        runs: Vec::new(),
    };
    let tools = tools(scenario, args);
    for tool in [Tool::Loadwright, Tool::LoadwrightOtlp, Tool::Baseline] {
        if tools.contains(&tool) {
            // Compiles the plugins into their cache, which every later run finds.
            let small = Shape { requests: 1, arrival: Arrival::Workers(1), ..shape.clone() };
            run_once(scenario, &small, tool, args)?;
        }
    }
    for round in 0..args.rounds {
        let mut tools = tools.clone();
        if round % 2 == 1 {
            tools.reverse();
        }
        for tool in tools {
            measurement.runs.push(Run { round, ..run_once(scenario, &shape, tool, args)? });
        }
    }
    Ok(measurement)
}

/// The tools that can run `scenario` with `args`; a baseline comes next to the build it is compared
/// with.
fn tools(scenario: Scenario, args: &RunArgs) -> Vec<Tool> {
    let can = |tool: &Tool| match tool {
        Tool::Bare | Tool::Hyper => true,
        Tool::Loadwright | Tool::LoadwrightTwoThreads => args.loadwright.is_some(),
        Tool::LoadwrightOtlp => args.otlp.is_some(),
        Tool::Baseline | Tool::BaselineTwoThreads => args.baseline.is_some(),
    };
    if scenario.shape().random && args.tokenizer.is_none() {
        return Vec::new();
    }
    let tools = scenario.tools().iter();
    tools
        .flat_map(|&tool| [Some(tool), tool.with_otlp(), tool.baseline()])
        .flatten()
        .filter(can)
        .collect()
}

/// One run of `tool`.
fn run_once(scenario: Scenario, shape: &Shape, tool: Tool, args: &RunArgs) -> Result<Run, Failure> {
    let server = ServerProcess::start(scenario)?;
    let build = |binary: &Option<PathBuf>, threads, arguments: &[String]| {
        let binary = binary.as_deref().ok_or("its binary was not given")?;
        let tokenizer = args.tokenizer.as_deref();
        let loadwright = Loadwright { binary, threads, tokenizer, arguments };
        run_loadwright(loadwright, shape, server.address)
    };
    let loadwright = |threads| build(&args.loadwright, threads, &[]);
    let baseline = |threads| build(&args.baseline, threads, &args.baseline_args);
    let receiver = (tool == Tool::LoadwrightOtlp).then(ServerProcess::receiver).transpose()?;
    let (start, start_wall) = (clock::now(), clock::wall());
    let (usage, reported) = match tool {
        Tool::Bare => run_bare("bare", shape, server.address)?,
        Tool::Hyper => run_bare("hyper", shape, server.address)?,
        Tool::Loadwright => loadwright(1)?,
        Tool::LoadwrightTwoThreads => loadwright(2)?,
        Tool::LoadwrightOtlp => build(&args.loadwright, 1, &exporting(args, receiver.as_ref())?)?,
        Tool::Baseline => baseline(1)?,
        Tool::BaselineTwoThreads => baseline(2)?,
    };
    let wall_s = (clock::now() - start) as f64 / 1e9;
    let (server_usage, report): (_, ServerReport) = server.stop()?;
    let received = receiver.map(ServerProcess::stop).transpose()?.map(|(_, received)| received);
    let first_request_ms = report.first_at.map(|at| at.saturating_sub(start_wall) as f64 / 1e6);
    let run = Run {
        tool,
        round: 0,
        usage,
        wall_s,
        first_request_ms,
        reported,
        server: report,
        server_usage,
        received,
    };
    let served = run.server.metrics.requests;
    if run.reported.requests != shape.requests || served != shape.requests {
        let (asked, reported) = (shape.requests, run.reported.requests);
        return Err(format!("asked {asked} requests, {reported} reported, {served} served").into());
    }
    Ok(run)
}

/// Arguments by which every span goes to `receiver` while the run lasts.
fn exporting(args: &RunArgs, receiver: Option<&ServerProcess>) -> Result<Vec<String>, Failure> {
    let (plugin, receiver) = args.otlp.as_deref().zip(receiver).ok_or("--otlp was not given")?;
    let name = plugin.file_stem().unwrap_or_default().display();
    Ok(vec![
        "--exporter=otlp".into(),
        format!("--plugin={}", plugin.display()),
        format!("--exporter-option=otlp.conventions={name}"),
        "--exporter-option=otlp.phases=true".into(),
        format!("--exporter-option=otlp.endpoint=http://{}", receiver.address),
    ])
}

fn run_bare(by: &str, shape: &Shape, address: SocketAddr) -> Result<(Usage, Metrics), Failure> {
    let Arrival::Workers(workers) = shape.arrival else {
        return Err("the bare client knows no arrival plan".into());
    };
    let mut child = Command::new(std::env::current_exe()?)
        .args(["client", "--by", by, "--address", &address.to_string()])
        .args(["--workers", &workers.to_string()])
        .args(["--requests", &shape.requests.to_string()])
        .args(["--tokens", &shape.tokens.to_string()])
        .stdout(Stdio::piped())
        .spawn()?;
    let printed: Value = next(&mut lines(&mut child)?)?;
    let usage = process::wait(child, "the bare client")?;
    Ok((usage, serde_json::from_value(printed["metrics"].clone())?))
}

fn run_loadwright(
    loadwright: Loadwright<'_>,
    shape: &Shape,
    address: SocketAddr,
) -> Result<(Usage, Metrics), Failure> {
    let outputs = tempfile::tempdir()?;
    let command = loadwright::command(loadwright, shape, address, outputs.path());
    let usage = loadwright::run(command, outputs.path())?;
    Ok((usage, loadwright::metrics(outputs.path())?))
}
