//! The text of one point: verdict, summary, percentiles, what else was measured, failures, warnings.

mod details;
mod troubles;

pub(crate) use troubles::warning_words;

use crate::number;
use crate::style::Style;
use crate::table::{self, Column};
use loadwright_core::percentile::{Distribution, PERMILLES};
use loadwright_core::plan::Load;
use loadwright_core::summary::Summary;

#[cfg(test)]
mod tests;

/// The text of one point, its verdict first.
pub fn point_text(summary: &Summary, style: &Style) -> String {
    let mut text = troubles::verdict(summary, style);
    text += &format!("\n{}\n", style.bold("Benchmarking summary:"));
    text += &table::key_value(&summary_rows(summary));
    text += &troubles::failed_share(summary, style);
    if summary.counts.succeeded > 0 {
        text += &format!("\n{}\n", style.bold("Percentile results:"));
        text += &percentiles(summary, style);
        text += &troubles::notes(summary, style);
    }
    text += &details::details(summary, style);
    text += &troubles::failures(summary, style);
    text += &troubles::warnings(summary, style);
    text
}

/// The rows of the summary table.
fn summary_rows(summary: &Summary) -> Vec<(&'static str, String)> {
    let counts = &summary.counts;
    let metrics = &summary.metrics;
    let number = |value: Option<f64>| value.map_or_else(|| "-".into(), number::grid);
    let count = |value: u64| number(Some(value as f64));
    let seconds = |of: &Option<Distribution>| number(of.as_ref().map(|all| all.mean / 1e9));
    let mean = |of: &Option<Distribution>| number(of.as_ref().map(|all| all.mean));
    let throughput = &summary.throughput;
    let workers = match summary.point.load {
        Load::Closed { workers, .. } => Some(f64::from(workers)),
        Load::Open { .. } => None,
    };
    vec![
        ("Time taken for tests (s)", number(summary.duration.map(|span| span as f64 / 1e9))),
        ("Number of concurrency", number(workers)),
        ("Total requests", count(counts.total)),
        ("Succeed requests", count(counts.succeeded)),
        ("Failed requests", count(counts.failed)),
        ("Output token throughput (tok/s)", number(throughput.output)),
        ("Total token throughput (tok/s)", number(throughput.total)),
        ("Request throughput (req/s)", number(throughput.requests)),
        ("Average latency (s)", seconds(&metrics.latency)),
        ("Average time to first token (s)", seconds(&metrics.ttft)),
        ("Average time per output token (s)", seconds(&metrics.tpot)),
        ("Average inter-token latency (s)", seconds(&metrics.itl)),
        ("Average input tokens per request", mean(&metrics.input_tokens)),
        ("Average output tokens per request", mean(&metrics.output_tokens)),
    ]
}

/// The percentiles that the terminal shows, in tenths of a percent.
const SHOWN: std::ops::Range<usize> = 2..12;

/// The percentile table, split into times and tokens where the style is too narrow for one.
fn percentiles(summary: &Summary, style: &Style) -> String {
    let metrics = &summary.metrics;
    let shown = &PERMILLES[SHOWN];
    let key = Column::new("Percentiles", shown.iter().map(|p| format!("{}%", p / 10)));
    let column = |header: &str, of: &Option<Distribution>, cell: fn(u64) -> String| {
        let cell = |p: &u32| of.as_ref().and_then(|all| all.at(*p)).map_or("-".into(), cell);
        Column::new(header, shown.iter().map(cell))
    };
    let seconds = |nanos: u64| number::float(nanos as f64 / 1e9);
    let whole = |tokens: u64| tokens.to_string();
    let rate = |millionths: u64| number::float(millionths as f64 / 1e6);
    let times = vec![
        column("TTFT (s)", &metrics.ttft, seconds),
        column("ITL (s)", &metrics.itl, seconds),
        column("TPOT (s)", &metrics.tpot, seconds),
        column("Latency (s)", &metrics.latency, seconds),
    ];
    let tokens = vec![
        column("Input tokens", &metrics.input_tokens, whole),
        column("Output tokens", &metrics.output_tokens, whole),
        column("Output (tok/s)", &metrics.output_rate, rate),
        column("Total (tok/s)", &metrics.total_rate, rate),
    ];
    let tables = table::split(&key, &[times, tokens], style.width);
    tables.iter().map(|lines| lines.join("\n") + "\n").collect()
}
