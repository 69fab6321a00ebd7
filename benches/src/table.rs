//! Measurements as Markdown: one row a figure, the tools side by side, and their ratio.

use crate::Failure;
use crate::result::{Measurement, Run, Tool};
use std::fmt::Write;
use std::fs;
use std::path::PathBuf;

/// A figure that the table shows.
struct Row {
    name: &'static str,
    of: fn(&Run) -> Option<f64>,
    digits: usize,
}

const ROWS: [Row; 9] = [
    Row { name: "CPU a frame (µs)", of: |run| Some(run.cpu_us_per_frame()), digits: 2 },
    Row { name: "mean TTFT error (ms)", of: |run| Some(run.ttft_error()?.mean), digits: 3 },
    Row { name: "p99 TTFT error (ms)", of: |run| Some(run.ttft_error()?.p99), digits: 3 },
    Row { name: "mean ITL error (ms)", of: |run| Some(run.itl_error()?.mean), digits: 3 },
    Row { name: "p99 ITL error (ms)", of: |run| Some(run.itl_error()?.p99), digits: 3 },
    Row { name: "peak memory (MB)", of: |run| Some(run.usage.peak_mb), digits: 1 },
    Row { name: "requests a second", of: |run| Some(run.truth.figures.requests_per_s), digits: 0 },
    Row { name: "p99 lag (ms)", of: |run| Some(run.reported.lag_ms?.p99), digits: 3 },
    Row { name: "server's CPU (s)", of: |run| Some(run.server_usage.cpu_s), digits: 2 },
];

/// Prints the tables of the files `results`.
pub(crate) fn print(results: &[PathBuf]) -> Result<(), Failure> {
    for path in results {
        let measurement: Measurement = serde_json::from_str(&fs::read_to_string(path)?)?;
        println!("{}", markdown(&measurement));
    }
    Ok(())
}

/// The table of one measurement.
pub(crate) fn markdown(measurement: &Measurement) -> String {
    let machine = &measurement.machine;
    let rounds = measurement.runs.iter().map(|run| run.round + 1).max().unwrap_or_default();
    let mut text = format!(
        "### {} ({}, {} requests, median of {rounds} rounds)\n\n{}, {} cores, {:.0} GB, {}, load \
         before {:.1}\n\n| figure | bare client | loadwright | ratio |\n|---|---:|---:|---:|\n",
        measurement.scenario.name(),
        measurement.date,
        measurement.requests,
        machine.cpu,
        machine.cores,
        machine.memory_gb,
        machine.kernel,
        machine.load_before,
    );
    for row in &ROWS {
        let bare = measurement.median(Tool::Bare, row.of);
        let ours = measurement.median(Tool::Loadwright, row.of);
        if bare.is_none() && ours.is_none() {
            continue;
        }
        let ratio = ours.zip(bare).filter(|(_, bare)| *bare != 0.0).map(|(ours, bare)| ours / bare);
        let cell = |value: Option<f64>, digits: usize| {
            value.map_or_else(|| "–".into(), |value| format!("{value:.digits$}"))
        };
        let (bare, ours) = (cell(bare, row.digits), cell(ours, row.digits));
        writeln!(text, "| {} | {bare} | {ours} | {} |", row.name, cell(ratio, 2))
            .expect("a String takes all text");
    }
    text
}
