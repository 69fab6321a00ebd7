//! The text of one point: verdict, summary, percentiles, what the service told, groups by label, what
//! else was measured, failures, warnings.

mod details;
mod groups;
mod service;
mod troubles;

pub(crate) use troubles::warning_words;

use crate::number;
use crate::style::Style;
use crate::table::{self, Column};
use loadwright_core::metrics::{Metric, Unit};
use loadwright_core::percentile::PERMILLES;
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
    text += &service::service(summary, style);
    text += &groups::groups(summary, style);
    text += &details::details(summary, style);
    text += &details::plugins(summary, style);
    text += &troubles::failures(summary, style);
    text += &troubles::warnings(summary, style);
    text
}

/// The rows of the summary table.
fn summary_rows(summary: &Summary) -> Vec<(&'static str, String)> {
    let counts = &summary.counts;
    let number = |value: Option<f64>| value.map_or_else(|| "-".into(), number::grid);
    let count = |value: u64| number(Some(value as f64));
    let scaled = |metric: Metric, divisor: f64| {
        number(summary.metrics.get(metric).map(|all| all.mean / divisor))
    };
    let seconds = |metric: Metric| scaled(metric, 1e9);
    let mean = |metric: Metric| scaled(metric, 1.0);
    let throughput = &summary.throughput;
    let workers = match summary.point.load {
        Load::Closed { workers, .. } => Some(f64::from(workers)),
        Load::Open { .. } | Load::Trace { .. } => None,
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
        ("Average latency (s)", seconds(Metric::Latency)),
        ("Average time to first token (s)", seconds(Metric::Ttft)),
        ("Average time per output token (s)", seconds(Metric::Tpot)),
        ("Average inter-token latency (s)", seconds(Metric::Itl)),
        ("Average input tokens per request", mean(Metric::InputTokens)),
        ("Average output tokens per request", mean(Metric::OutputTokens)),
    ]
}

/// The percentiles that the terminal shows, in tenths of a percent.
const SHOWN: std::ops::Range<usize> = 2..12;

/// The columns of the percentile table with their headers, those of times apart from those of tokens;
/// other metrics are in the JSON.
const COLUMNS: [&[(Metric, &str)]; 2] = [
    &[
        (Metric::Ttft, "TTFT (s)"),
        (Metric::Itl, "ITL (s)"),
        (Metric::Tpot, "TPOT (s)"),
        (Metric::Latency, "Latency (s)"),
    ],
    &[
        (Metric::InputTokens, "Input tokens"),
        (Metric::OutputTokens, "Output tokens"),
        (Metric::OutputRate, "Output (tok/s)"),
        (Metric::TotalRate, "Total (tok/s)"),
    ],
];

/// Whether a metric is a column of the percentile table.
fn is_shown(metric: Metric) -> bool {
    COLUMNS.iter().any(|group| group.iter().any(|(column, _)| *column == metric))
}

/// The percentile table, split into times and tokens where the style is too narrow for one.
fn percentiles(summary: &Summary, style: &Style) -> String {
    let shown = &PERMILLES[SHOWN];
    let key = Column::new("Percentiles", shown.iter().map(|p| format!("{}%", p / 10)));
    let column = |&(metric, header): &(Metric, &str)| {
        let value = |p: &u32| summary.metrics.get(metric)?.at(*p);
        let cell = |p: &u32| value(p).map_or("-".into(), |value| cell(metric, value));
        Column::new(header, shown.iter().map(cell))
    };
    let groups = COLUMNS.map(|group| group.iter().map(column).collect::<Vec<_>>());
    let tables = table::split(&key, &groups, style.width);
    tables.iter().map(|lines| lines.join("\n") + "\n").collect()
}

/// A value in seconds, in tokens or in tokens a second.
fn cell(metric: Metric, value: u64) -> String {
    match metric.definition().unit {
        Unit::Time => number::float(value as f64 / 1e9),
        Unit::TokenRate => number::float(value as f64 / 1e6),
        Unit::Tokens | Unit::Requests | Unit::RequestRate => value.to_string(),
    }
}
