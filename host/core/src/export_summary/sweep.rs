//! A sweep as one run: the summaries of its points side by side, each under its point's name, since no
//! number of one point is a number of the sweep.

use super::summary_metrics;
use crate::export::{Distribution, ExportEnd, ExportSummary, Metric};
use std::collections::BTreeMap;

/// Verdicts, the best first.
const VERDICTS: [&str; 3] = ["valid", "valid_with_warnings", "not_valid"];

/// The metrics of the summary of a run whose points have these names: those of each point, in order.
/// A single point is the run.
pub fn sweep_metrics(points: &[String]) -> Vec<Metric> {
    if points.len() <= 1 {
        return summary_metrics();
    }
    points.iter().flat_map(|point| of_point(point)).collect()
}

fn of_point(point: &str) -> Vec<Metric> {
    let mut metrics = summary_metrics();
    for metric in &mut metrics {
        metric.name = name(point, &metric.name);
        metric.label = label(point, &metric.label);
    }
    metrics
}

/// The summary of such a run, which ended with `end`: of those `points` that ran, by their position.
/// None: no point ran.
pub fn sweep_summary(
    points: &[String],
    mut ran: BTreeMap<u32, ExportSummary>,
    end: ExportEnd,
) -> Option<ExportSummary> {
    if points.len() <= 1 {
        return ran.pop_first().map(|(_, only)| ExportSummary { end_reason: end, ..only });
    }
    let (_, last) = ran.last_key_value()?;
    let mut whole = ExportSummary { end_reason: end, ended: last.ended, ..Default::default() };
    let mut worst = 0;
    let mut documents = [Vec::new(), Vec::new()];
    for (index, point) in (0..).zip(points) {
        let Some(summary) = ran.remove(&index) else {
            whole.warnings.push(format!("{point}: This point did not run."));
            whole.values.extend(vec![None; summary_metrics().len()]);
            continue;
        };
        let verdict = VERDICTS.iter().position(|verdict| *verdict == summary.verdict);
        worst = worst.max(verdict.unwrap_or(VERDICTS.len() - 1));
        let told = summary.warnings.iter().map(|warning| label(point, warning));
        whole.warnings.extend(told);
        whole.values.extend(summary.values);
        whole.distributions.extend(summary.distributions.into_iter().map(|one| Distribution {
            metric: name(point, &one.metric),
            label: label(point, &one.label),
            ..one
        }));
        let texts = [summary.benchmark_summary, summary.benchmark_percentile];
        for (all, text) in documents.iter_mut().zip(texts) {
            all.push((point, text));
        }
    }
    whole.verdict = VERDICTS[worst].into();
    [whole.benchmark_summary, whole.benchmark_percentile] = documents.map(|all| by_point(&all));
    Some(whole)
}

fn name(point: &str, name: &str) -> String {
    format!("{point}/{name}")
}

fn label(point: &str, label: &str) -> String {
    format!("{point}: {label}")
}

/// One object, with the document of each point under its name; empty: there are none.
fn by_point(documents: &[(&String, String)]) -> String {
    let members: Vec<String> = documents
        .iter()
        .filter(|(_, text)| !text.is_empty())
        .map(|(point, text)| {
            format!("{}: {}", serde_json::Value::from(point.as_str()), text.trim())
        })
        .collect();
    if members.is_empty() { String::new() } else { format!("{{{}}}\n", members.join(",\n")) }
}
