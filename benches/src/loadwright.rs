//! `loadwright perf` as one of the measured tools: its arguments for a scenario, and its metrics from
//! its own files.

use crate::Failure;
use crate::metrics::{Metrics, Spread};
use crate::process::{self, Usage};
use crate::scenario::{Arrival, ENDPOINT, MODEL, PROMPT, Shape};
use serde_json::Value;
use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The run's name, which is also its folder's.
pub(crate) const NAME: &str = "bench";

/// A binary of loadwright and its settings.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Loadwright<'a> {
    /// The binary.
    pub(crate) binary: &'a Path,
    /// Engine threads.
    pub(crate) threads: u32,
    /// The tokenizer, for scenarios that need one.
    pub(crate) tokenizer: Option<&'a Path>,
    /// Further arguments of `perf`.
    pub(crate) arguments: &'a [String],
}

/// The command that runs `shape` against the server at `address` and writes to `outputs`.
pub(crate) fn command(
    Loadwright { binary, threads, tokenizer, arguments }: Loadwright<'_>,
    shape: &Shape,
    address: SocketAddr,
    outputs: &Path,
) -> Command {
    let mut command = Command::new(binary);
    match tokenizer.filter(|_| shape.random) {
        Some(path) => command
            .args(["perf", "--dataset", "random", "--tokenizer-path"])
            .arg(path)
            .args(["--min-prompt-length", "1024", "--max-prompt-length", "1024"]),
        None => command.args(["perf", "--prompt", PROMPT]),
    };
    command
        .args(["--no-test-connection", "--no-timestamp", "--name", NAME, "--model", MODEL])
        .args(["--threads", &threads.to_string()])
        .args(["--extra-args", r#"{"ignore_eos": true}"#])
        .args(["--url", &format!("http://{address}{ENDPOINT}")])
        .args(["--max-tokens", &shape.tokens.to_string()])
        .args(["--min-tokens", &shape.tokens.to_string()])
        .args(["--number", &shape.requests.to_string()])
        .arg("--outputs-dir")
        .arg(outputs)
        .args(arguments);
    match shape.arrival {
        Arrival::Workers(workers) => command.args(["--parallel", &workers.to_string()]),
        Arrival::Rate(rate) => command.args(["--open-loop", "--rate", &rate.to_string()]),
    };
    command
}

/// Runs `command` to its end, which must be a success; an error has what it printed.
pub(crate) fn run(mut command: Command, outputs: &Path) -> Result<Usage, Failure> {
    let path = outputs.join("printed");
    let printed = fs::File::create(&path)?;
    let child =
        command.stdin(Stdio::null()).stdout(printed.try_clone()?).stderr(printed).spawn()?;
    process::wait(child, "loadwright").map_err(|error| {
        let printed = fs::read_to_string(&path).unwrap_or_default();
        format!("{error}\n{printed}").into()
    })
}

/// What the run in `outputs` reported.
pub(crate) fn metrics(outputs: &Path) -> Result<Metrics, Failure> {
    let point = point(&outputs.join(NAME))?;
    let summary = json(&point.join("benchmark_summary.json"))?;
    let percentiles = json(&point.join("benchmark_percentile.json"))?;
    let spread = |average: &str, column: &str| {
        let mean = summary.get(average)?.as_f64()?;
        Some(Spread { mean, p99: row(&percentiles, "99%")?.get(column)?.as_f64()? })
    };
    let dispatch_delay = |of: &str| {
        summary.pointer(&format!("/loadwright/metrics/dispatch_delay_ms/{of}"))?.as_f64()
    };
    Ok(Metrics {
        requests: number(&summary, "Success Requests")? as u64,
        requests_per_s: number(&summary, "Req Throughput (req/s)")?,
        ttft_ms: spread("Avg TTFT (ms)", "TTFT (ms)"),
        itl_ms: spread("Avg ITL (ms)", "ITL (ms)"),
        dispatch_delay_ms: dispatch_delay("mean")
            .zip(dispatch_delay("99%"))
            .map(|(mean, p99)| Spread { mean, p99 }),
    })
}

/// The folder of the run's only point.
pub(crate) fn point(run: &Path) -> Result<PathBuf, Failure> {
    for entry in fs::read_dir(run)? {
        let path = entry?.path();
        if path.join("benchmark_summary.json").is_file() {
            return Ok(path);
        }
    }
    Err("loadwright wrote no benchmark_summary.json".into())
}

fn json(path: &Path) -> Result<Value, Failure> {
    Ok(serde_json::from_str(&fs::read_to_string(path)?)?)
}

fn number(summary: &Value, key: &str) -> Result<f64, Failure> {
    let number = summary.get(key).and_then(Value::as_f64);
    number.ok_or_else(|| format!("benchmark_summary.json has no number `{key}`").into())
}

fn row<'v>(percentiles: &'v Value, name: &str) -> Option<&'v Value> {
    percentiles.as_array()?.iter().find(|row| row["Percentiles"] == name)
}

#[cfg(test)]
mod tests;
