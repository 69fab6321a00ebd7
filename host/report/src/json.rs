//! The JSON files of a point: the keys and units that EvalScope's users parse, and ours beside.

mod ours;
mod run;

pub use run::run_json;

use crate::number::round6;
use loadwright_core::percentile::{Distribution, ROWS};
use loadwright_core::plan::{Load, Plan};
use loadwright_core::summary::Summary;
use serde_json::{Map, Value};

#[cfg(test)]
mod tests;

/// What EvalScope's files say where a setting does not apply.
const NOT_APPLICABLE: i32 = -1;

/// `benchmark_summary.json`. EvalScope's own classes must be able to read it: a load without
/// workers or without a rate has -1 there, and other metrics that do not exist are left out.
pub fn benchmark_summary_json(summary: &Summary) -> String {
    pretty(&benchmark_summary(summary))
}

fn benchmark_summary(summary: &Summary) -> Value {
    let counts = &summary.counts;
    let metrics = &summary.metrics;
    let throughput = &summary.throughput;
    let mean = |of: &Option<Distribution>, unit: f64| {
        number(of.as_ref().map(|distribution| distribution.mean / unit))
    };
    let workers = match summary.point.load {
        Load::Closed { workers, .. } => Value::from(workers),
        Load::Open { .. } => NOT_APPLICABLE.into(),
    };
    let rate = summary.arrivals.target_rate;
    let members = [
        ("Test Duration (s)", number(summary.duration.map(|span| span as f64 / 1e9))),
        ("Concurrency", workers),
        ("Request Rate (req/s)", rate.map_or(NOT_APPLICABLE.into(), |rate| number(Some(rate)))),
        ("Total Requests", counts.total.into()),
        ("Success Requests", counts.succeeded.into()),
        ("Failed Requests", counts.failed.into()),
        ("Req Throughput (req/s)", number(throughput.requests)),
        ("Avg Latency (s)", mean(&metrics.latency, 1e9)),
        ("Avg TTFT (ms)", mean(&metrics.ttft, 1e6)),
        ("Avg TPOT (ms)", mean(&metrics.tpot, 1e6)),
        ("Avg ITL (ms)", mean(&metrics.itl, 1e6)),
        ("Avg Input Tokens", mean(&metrics.input_tokens, 1.0)),
        ("Avg Output Tokens", mean(&metrics.output_tokens, 1.0)),
        ("Output Throughput (tok/s)", number(throughput.output)),
        ("Total Throughput (tok/s)", number(throughput.total)),
        ("loadwright", ours::section(summary)),
    ];
    let present = members.into_iter().filter(|(_, value)| !value.is_null());
    Value::Object(present.map(|(key, value)| (key.into(), value)).collect())
}

/// `benchmark_percentile.json`: a list of rows; metrics that do not exist are null.
pub fn benchmark_percentile_json(summary: &Summary) -> String {
    pretty(&benchmark_percentile(summary))
}

fn benchmark_percentile(summary: &Summary) -> Value {
    let metrics = &summary.metrics;
    let columns = [
        ("Latency (s)", &metrics.latency, 1e9),
        ("TTFT (ms)", &metrics.ttft, 1e6),
        ("ITL (ms)", &metrics.itl, 1e6),
        ("TPOT (ms)", &metrics.tpot, 1e6),
        ("Input tokens", &metrics.input_tokens, 1.0),
        ("Output tokens", &metrics.output_tokens, 1.0),
        ("Output (tok/s)", &metrics.output_rate, 1e6),
        ("Total (tok/s)", &metrics.total_rate, 1e6),
        ("Decode (tok/s)", &metrics.decode_rate, 1e6),
    ];
    let rows = ROWS.iter().enumerate().map(|(index, name)| {
        let mut row = Map::new();
        row.insert("Percentiles".into(), (*name).into());
        for (header, metric, unit) in columns {
            row.insert(header.into(), cell(metric.as_ref(), index, unit));
        }
        Value::Object(row)
    });
    Value::Array(rows.collect())
}

/// `benchmark_args.json`: every setting of the point, secrets masked.
pub fn benchmark_args_json(plan: &Plan) -> String {
    pretty(&Value::Object(plan.settings.clone()))
}

/// A value of a distribution in the unit of its column; whole where the unit is 1.
fn cell(metric: Option<&Distribution>, row: usize, unit: f64) -> Value {
    match metric {
        None => Value::Null,
        Some(metric) if unit == 1.0 => metric.rows[row].into(),
        Some(metric) => number(Some(metric.rows[row] as f64 / unit)),
    }
}

fn number(value: Option<f64>) -> Value {
    value.map_or(Value::Null, |value| round6(value).into())
}

fn object<const N: usize>(members: [(&str, Value); N]) -> Value {
    Value::Object(members.into_iter().map(|(key, value)| (key.into(), value)).collect())
}

fn pretty(value: &Value) -> String {
    serde_json::to_string_pretty(value).expect("a JSON value is always written") + "\n"
}
