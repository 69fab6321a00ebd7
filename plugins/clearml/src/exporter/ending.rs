//! The end of a point: summary, charts, files, and how it ended.

use super::attach;
use crate::artifact::Artifact;
use crate::charts;
use crate::destination::{Destination, Ending};
use crate::events;
use crate::state::Task;
use loadwright_plugin::Fault;
use loadwright_plugin::exporter::{EndReason, Metric, Summary};
use serde_json::Value;

/// Sends all of it. Returns what was lost.
pub(super) fn send(
    to: &mut dyn Destination,
    task: &mut Task,
    metrics: &[Metric],
    summary: &Summary,
) -> Result<Vec<String>, Fault> {
    let mut losses = to.metrics(task, &results(task, metrics, summary))?;
    let ending = ending(summary);
    losses.extend(to.log(task, &lines(task, summary, &ending))?);
    for artifact in files(summary) {
        losses.extend(attach(to, task, &artifact));
    }
    to.close(task, &ending)?;
    Ok(losses)
}

/// Single values, the percentile table and a histogram a metric.
fn results(task: &Task, metrics: &[Metric], summary: &Summary) -> Vec<Value> {
    let at = summary.ended;
    let mut all = events::singles(task, at, metrics, &summary.values);
    if !summary.distributions.is_empty() {
        let table = charts::percentiles(&summary.distributions);
        all.push(events::plot(task, at, ("Percentiles", "requests"), &table));
    }
    for one in summary.distributions.iter().filter(|one| !one.buckets.is_empty()) {
        let figure = charts::histogram(one);
        all.push(events::plot(task, at, (&one.label, "distribution"), &figure));
    }
    all
}

fn lines(task: &Task, summary: &Summary, ending: &Ending) -> Vec<Value> {
    let line = |level, text: &str| events::log(task, summary.ended, level, text);
    let mut lines = vec![line("info", &format!("verdict: {}", summary.verdict))];
    lines.extend(summary.warnings.iter().map(|warning| line("warning", warning)));
    if !ending.text.is_empty() {
        lines.push(line("error", &ending.text));
    }
    lines
}

fn files(summary: &Summary) -> Vec<Artifact> {
    let file = |key, file, json: &str| Artifact {
        key,
        file,
        mime: "application/json",
        content: json.as_bytes().to_vec(),
    };
    let all = [
        file("summary", "benchmark_summary.json", &summary.benchmark_summary),
        file("percentiles", "benchmark_percentile.json", &summary.benchmark_percentile),
    ];
    all.into_iter().filter(|artifact| !artifact.content.is_empty()).collect()
}

/// How the point ended. A point fails where the server was gone or results were lost; what the checks
/// found says more.
fn ending(summary: &Summary) -> Ending {
    let reason = summary.end_reason;
    let text = match reason {
        EndReason::Completed => String::new(),
        EndReason::Interrupted => "interrupted by the user".into(),
        EndReason::Failed => match summary.warnings.first() {
            Some(warning) => format!("failed: {warning}"),
            None => "failed: the point did not come to its end".into(),
        },
    };
    Ending { reason, text }
}
