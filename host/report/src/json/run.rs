//! The document of `--json`: a run's folder and its points, each with the content of its files.

use super::exported::listed;
use super::{benchmark_percentile, benchmark_summary, number, object, pretty};
use crate::run_info::RunInfo;
use loadwright_core::condition::{MetAt, MetBy, check};
use loadwright_core::summary::Summary;
use serde_json::Value;

/// `{"folder", "points"}`, each point with its `name`, the `conditions_met` by it, and the content
/// of benchmark_summary.json and benchmark_percentile.json as `summary` and `percentiles`; those two
/// are null for a point that was asked for and did not run. `exporters` follows where there were some.
pub fn run_json(summaries: &[Summary], info: &RunInfo) -> String {
    let met = check(&info.conditions, summaries, &info.points);
    let ran = summaries.iter().map(|summary| (&summary.point.name, Some(summary)));
    let missing = info
        .points
        .iter()
        .filter(|name| !summaries.iter().any(|summary| summary.point.name == **name))
        .map(|name| (name, None));
    let points = ran.chain(missing).map(|(name, summary)| point(name, summary, &met));
    let mut document =
        object([("folder", info.folder.clone().into()), ("points", points.collect())]);
    if !info.exporters.is_empty() {
        document["exporters"] = listed(&info.exporters);
    }
    pretty(&document)
}

fn point(name: &str, summary: Option<&Summary>, met: &[MetAt]) -> Value {
    let met = met.iter().filter(|at| at.point == name).map(condition);
    object([
        ("name", name.into()),
        ("conditions_met", met.collect()),
        ("summary", summary.map_or(Value::Null, benchmark_summary)),
        ("percentiles", summary.map_or(Value::Null, benchmark_percentile)),
    ])
}

/// A condition and the value that met it, in the condition's unit; null where the metric is absent,
/// and the verdict where the condition is on that.
fn condition(at: &MetAt) -> Value {
    let measured = match at.met.by {
        MetBy::Verdict => "not_valid".into(),
        MetBy::Value(value, _) => number(Some(value)),
        MetBy::Absent => Value::Null,
    };
    object([("condition", at.met.condition.clone().into()), ("measured", measured)])
}
