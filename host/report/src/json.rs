//! The JSON files of a point: the keys and units that EvalScope's users parse, and ours beside.

mod distribution;
mod exported;
mod labels;
mod ours;
mod run;

pub use exported::export_json;
pub use run::run_json;

use crate::number::round6;
use loadwright_core::metrics::Metric;
use loadwright_core::percentile::{Distribution, ROWS};
use loadwright_core::plan::{Load, Plan};
use loadwright_core::summary::Summary;
use serde_json::Value;

#[cfg(test)]
mod tests;

/// What EvalScope's files say where a setting does not apply.
const NOT_APPLICABLE: i32 = -1;

/// `benchmark_summary.json`. EvalScope's own classes must be able to read it: a load without
/// workers or without a rate has -1 there, and other metrics that do not exist are left out.
pub fn benchmark_summary_json(summary: &Summary) -> String {
    pretty(&benchmark_summary(summary))
}

/// The metrics of `benchmark_summary.json` after its settings and counts, in EvalScope's order.
const SUMMARY: [Metric; 9] = [
    Metric::RequestThroughput,
    Metric::Latency,
    Metric::Ttft,
    Metric::Tpot,
    Metric::Itl,
    Metric::InputTokens,
    Metric::OutputTokens,
    Metric::OutputThroughput,
    Metric::TotalThroughput,
];

fn benchmark_summary(summary: &Summary) -> Value {
    let counts = &summary.counts;
    let workers = match summary.point.load {
        Load::Closed { workers, .. } => Value::from(workers),
        Load::Open { .. } | Load::Trace { .. } => NOT_APPLICABLE.into(),
    };
    let rate = summary.arrivals.target_rate;
    let settings = [
        ("Test Duration (s)", number(summary.duration.map(|span| span as f64 / 1e9))),
        ("Concurrency", workers),
        ("Request Rate (req/s)", rate.map_or(NOT_APPLICABLE.into(), |rate| number(Some(rate)))),
        ("Total Requests", counts.total.into()),
        ("Success Requests", counts.succeeded.into()),
        ("Failed Requests", counts.failed.into()),
    ];
    let metrics = SUMMARY.into_iter().filter_map(|metric| {
        let names = metric.definition().evalscope?;
        let mean = summary.metrics.get(metric).map(|distribution| distribution.mean);
        let value = mean.or_else(|| summary.value(metric)).map(|value| value / names.divisor);
        Some((names.summary?, number(value)))
    });
    let members = settings.into_iter().chain(metrics);
    let present = members.filter(|(_, value)| !value.is_null());
    let ours = std::iter::once(("loadwright", ours::section(summary)));
    Value::Object(present.chain(ours).map(|(key, value)| (key.into(), value)).collect())
}

/// `benchmark_percentile.json`: a list of rows; metrics that do not exist are null.
pub fn benchmark_percentile_json(summary: &Summary) -> String {
    pretty(&benchmark_percentile(summary))
}

/// The columns of `benchmark_percentile.json`, in EvalScope's order.
const PERCENTILES: [Metric; 9] = [
    Metric::Latency,
    Metric::Ttft,
    Metric::Itl,
    Metric::Tpot,
    Metric::InputTokens,
    Metric::OutputTokens,
    Metric::OutputRate,
    Metric::TotalRate,
    Metric::DecodeRate,
];

fn benchmark_percentile(summary: &Summary) -> Value {
    let rows = ROWS.iter().enumerate().map(|(index, name)| {
        let name = ("Percentiles".to_owned(), (*name).into());
        let cells = PERCENTILES.into_iter().filter_map(|metric| {
            let names = metric.definition().evalscope?;
            let of = summary.metrics.get(metric);
            Some((names.percentiles?.to_owned(), cell(of, index, names.divisor)))
        });
        Value::Object(std::iter::once(name).chain(cells).collect())
    });
    Value::Array(rows.collect())
}

/// `benchmark_args.json`: every setting of the point, secrets masked.
pub fn benchmark_args_json(plan: &Plan) -> String {
    let mut settings = plan.settings.clone();
    let plugins = serde_json::to_value(&plan.plugins).expect("they are texts");
    settings.insert("plugins".into(), plugins);
    pretty(&Value::Object(settings))
}

/// A value of a distribution divided to be in the unit of its column; whole where that changes nothing.
fn cell(metric: Option<&Distribution>, row: usize, divisor: f64) -> Value {
    match metric {
        None => Value::Null,
        Some(metric) if divisor == 1.0 => metric.rows[row].into(),
        Some(metric) => number(Some(metric.rows[row] as f64 / divisor)),
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
