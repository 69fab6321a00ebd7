//! The measurement: for each scenario some rounds, in each round every tool against a server of its
//! own, in turn, so that what else the machine does falls on all of them alike.

use crate::Failure;
use crate::figures::Figures;
use crate::loadwright;
use crate::machine::Machine;
use crate::process::{self, Usage};
use crate::result::{Measurement, Run, Tool};
use crate::scenario::{Arrival, Scenario, Shape};
use crate::server::{Listening, Truth};
use crate::table;
use clap::{Args, ValueEnum};
use loadwright_stamps::clock;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::fs;
use std::io::{BufRead, BufReader, Lines};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};

/// Settings of a measurement.
#[derive(Debug, Args)]
pub(crate) struct RunArgs {
    /// What to measure [default: everything]
    #[arg(value_enum)]
    scenarios: Vec<Scenario>,
    /// The loadwright binary, built for release; without it the bare client runs alone
    #[arg(long)]
    loadwright: Option<PathBuf>,
    /// How often each tool runs
    #[arg(long, default_value_t = 3)]
    rounds: u32,
    /// Requests in a run, instead of the scenario's own number
    #[arg(long)]
    requests: Option<u64>,
    /// Where the figures are written
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
            println!("{} needs --loadwright: skipped\n", scenario.name());
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
    if let Some(binary) = &args.loadwright {
        // Compiles the plugins into their cache, which every later run finds.
        let small = Shape { requests: 1, arrival: Arrival::Workers(1), ..shape.clone() };
        one(scenario, &small, Some(binary))?;
    }
    for round in 0..args.rounds {
        let mut tools = vec![Some(Tool::Bare), args.loadwright.as_ref().map(|_| Tool::Loadwright)];
        if let Arrival::Rate(_) = shape.arrival {
            // The bare client knows no arrival plan.
            tools.remove(0);
        }
        if round % 2 == 1 {
            tools.reverse();
        }
        for tool in tools.into_iter().flatten() {
            let binary = args.loadwright.as_deref().filter(|_| tool == Tool::Loadwright);
            measurement.runs.push(Run { round, ..one(scenario, &shape, binary)? });
        }
    }
    Ok(measurement)
}

/// One run: of loadwright where `binary` is given, else of the bare client.
fn one(scenario: Scenario, shape: &Shape, binary: Option<&Path>) -> Result<Run, Failure> {
    let server = Serving::start(scenario)?;
    let start = clock::now();
    let (tool, (usage, reported)) = match binary {
        Some(binary) => (Tool::Loadwright, run_loadwright(binary, shape, server.address)?),
        None => (Tool::Bare, run_bare(shape, server.address)?),
    };
    let wall_s = (clock::now() - start) as f64 / 1e9;
    let (server_usage, truth) = server.stop()?;
    let run = Run { tool, round: 0, usage, wall_s, reported, truth, server_usage };
    let served = run.truth.figures.requests;
    if run.reported.requests != shape.requests || served != shape.requests {
        let (asked, reported) = (shape.requests, run.reported.requests);
        return Err(format!("asked {asked} requests, {reported} reported, {served} served").into());
    }
    Ok(run)
}

fn run_bare(shape: &Shape, address: SocketAddr) -> Result<(Usage, Figures), Failure> {
    let Arrival::Workers(workers) = shape.arrival else {
        return Err("the bare client knows no arrival plan".into());
    };
    let mut child = Command::new(std::env::current_exe()?)
        .args(["client", "--address", &address.to_string()])
        .args(["--workers", &workers.to_string()])
        .args(["--requests", &shape.requests.to_string()])
        .args(["--tokens", &shape.tokens.to_string()])
        .stdout(Stdio::piped())
        .spawn()?;
    let printed: Value = next(&mut lines(&mut child)?)?;
    let usage = process::wait(child, "the bare client")?;
    Ok((usage, serde_json::from_value(printed["figures"].clone())?))
}

fn run_loadwright(
    binary: &Path,
    shape: &Shape,
    address: SocketAddr,
) -> Result<(Usage, Figures), Failure> {
    let outputs = tempfile::tempdir()?;
    let printed = fs::File::create(outputs.path().join("printed"))?;
    let child = loadwright::command(binary, shape, address, outputs.path())
        .stdin(Stdio::null())
        .stdout(printed.try_clone()?)
        .stderr(printed)
        .spawn()?;
    let usage = process::wait(child, "loadwright").map_err(|error| {
        let printed = fs::read_to_string(outputs.path().join("printed")).unwrap_or_default();
        format!("{error}\n{printed}")
    })?;
    Ok((usage, loadwright::figures(outputs.path())?))
}

/// The server as a process of its own.
struct Serving {
    /// None once it was waited for.
    child: Option<Child>,
    lines: Lines<BufReader<ChildStdout>>,
    address: SocketAddr,
}

impl Serving {
    fn start(scenario: Scenario) -> Result<Self, Failure> {
        let mut child = Command::new(std::env::current_exe()?)
            .args(["server", "--scenario", &scenario.name()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let mut lines = lines(&mut child)?;
        let listening: Listening = next(&mut lines)?;
        Ok(Self { child: Some(child), lines, address: listening.address })
    }

    fn stop(mut self) -> Result<(Usage, Truth), Failure> {
        let mut child = self.child.take().ok_or("a server is stopped once")?;
        drop(child.stdin.take());
        let truth = next(&mut self.lines)?;
        Ok((process::wait(child, "the server")?, truth))
    }
}

impl Drop for Serving {
    /// Ends a server whose client failed.
    fn drop(&mut self) {
        if let Some(child) = &mut self.child {
            // It may have ended by itself.
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

fn lines(child: &mut Child) -> Result<Lines<BufReader<ChildStdout>>, Failure> {
    let output = child.stdout.take().ok_or("its output is piped")?;
    Ok(BufReader::new(output).lines())
}

/// The next line as JSON.
fn next<T: DeserializeOwned>(lines: &mut Lines<BufReader<ChildStdout>>) -> Result<T, Failure> {
    let line = lines.next().ok_or("it ended without saying anything")??;
    Ok(serde_json::from_str(&line)?)
}
