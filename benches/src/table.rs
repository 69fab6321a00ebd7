//! Measurements as Markdown: one row per metric, one column per tool with its ratio to the bare
//! client, and the ratio of two builds.

use crate::Failure;
use crate::result::{Measurement, Run, Tool};
use std::fs;
use std::path::PathBuf;

/// A metric in the table.
struct Row {
    name: &'static str,
    of: fn(&Run) -> Option<f64>,
    digits: usize,
}

const ROWS: [Row; 11] = [
    Row { name: "CPU per frame (µs)", of: |run| Some(run.cpu_us_per_frame()), digits: 2 },
    Row { name: "mean TTFT error (ms)", of: |run| Some(run.ttft_error()?.mean), digits: 3 },
    Row { name: "p99 TTFT error (ms)", of: |run| Some(run.ttft_error()?.p99), digits: 3 },
    Row { name: "mean ITL error (ms)", of: |run| Some(run.itl_error()?.mean), digits: 3 },
    Row { name: "p99 ITL error (ms)", of: |run| Some(run.itl_error()?.p99), digits: 3 },
    Row { name: "peak memory (MB)", of: |run| Some(run.usage.peak_mb), digits: 1 },
    Row {
        name: "requests per second",
        of: |run| Some(run.server.metrics.requests_per_s),
        digits: 0,
    },
    Row {
        name: "p99 dispatch delay (ms)",
        of: |run| Some(run.reported.dispatch_delay_ms?.p99),
        digits: 3,
    },
    Row { name: "first request after (ms)", of: |run| run.first_request_ms, digits: 0 },
    Row { name: "spans per second", of: |run| run.received.as_ref()?.spans_per_s, digits: 0 },
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
         before {:.1}\n\n| metric |",
        measurement.scenario.name(),
        measurement.date,
        measurement.requests,
        machine.cpu,
        machine.cores,
        machine.memory_gb,
        machine.kernel,
        machine.load_before,
    );
    let tools = measurement.tools();
    let pairs: Vec<(Tool, Tool)> = tools
        .iter()
        .filter_map(|&tool| {
            Some((tool, tool.compared_with().filter(|other| tools.contains(other))?))
        })
        .collect();
    let heads: String = tools.iter().map(|tool| format!(" {} |", tool.name())).collect();
    let ratios: String = pairs
        .iter()
        .map(|(tool, other)| format!(" {} / {} |", tool.name(), other.name()))
        .collect();
    let columns = tools.len() + pairs.len();
    text.push_str(&format!("{heads}{ratios}\n|---|{}\n", "---:|".repeat(columns)));
    for row in &ROWS {
        let medians: Vec<_> =
            tools.iter().map(|&tool| (tool, measurement.median(tool, row.of))).collect();
        if medians.iter().all(|(_, median)| median.is_none()) {
            continue;
        }
        let bare = medians.iter().find(|(tool, _)| *tool == Tool::Bare).and_then(|(_, bare)| *bare);
        let cells: String =
            medians.iter().map(|&(tool, median)| cell(row, tool, median, bare)).collect();
        let of = |tool| measurement.median(tool, row.of);
        let ratios: String =
            pairs.iter().map(|&(tool, other)| ratio(of(tool), of(other))).collect();
        text.push_str(&format!("| {} |{cells}{ratios}\n", row.name));
    }
    text
}

/// One build's median by the other's.
fn ratio(one: Option<f64>, other: Option<f64>) -> String {
    match one.zip(other.filter(|&other| other != 0.0)) {
        Some((one, other)) => format!(" {:.3} |", one / other),
        None => " – |".into(),
    }
}

/// A tool's median, with its ratio to the bare client's in brackets.
fn cell(row: &Row, tool: Tool, median: Option<f64>, bare: Option<f64>) -> String {
    let Some(median) = median else { return " – |".into() };
    let digits = row.digits;
    match bare {
        Some(bare) if bare != 0.0 && tool != Tool::Bare => {
            format!(" {median:.digits$} ({:.2}) |", median / bare)
        }
        _ => format!(" {median:.digits$} |"),
    }
}

#[cfg(test)]
mod tests;
