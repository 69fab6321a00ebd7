//! What the end of a point adds to its run: the last line, the summary, files, an alert.

#[cfg(test)]
mod tests;

use crate::console::Said;
use crate::history::{Line, Place, placed, values};
use crate::table::{self, table};
use formats::histogram::Histogram;
use loadwright_plugin::exporter::{Distribution, EndReason, Metric, Summary};
use serde_json::{Value, json};

/// W&B draws no more bins.
const BINS: usize = 512;

/// The end of a run.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Closing {
    /// The last line of history; none: the point had none.
    pub(crate) line: Option<Line>,
    pub(crate) summary: Line,
    /// Names among the run's files, with their content.
    pub(crate) files: Vec<(String, Vec<u8>)>,
    pub(crate) log: Vec<Said>,
    pub(crate) exit: i32,
    /// Seconds on the point's clock.
    pub(crate) seconds: f64,
    /// Title and text.
    pub(crate) alert: Option<(String, String)>,
}

impl Closing {
    /// The end of a point whose last line was `last`.
    pub(crate) fn new(metrics: &[Metric], summary: &Summary, last: &Line, place: Place) -> Self {
        let mut files = vec![
            ("benchmark_summary.json".to_owned(), summary.benchmark_summary.clone().into_bytes()),
            (
                "benchmark_percentile.json".to_owned(),
                summary.benchmark_percentile.clone().into_bytes(),
            ),
        ];
        files.retain(|(_, content)| !content.is_empty());
        let mut media = Line::new();
        if let Some(table) = table(&summary.distributions, place.step) {
            media.insert(table::KEY.into(), table.value);
            files.push((table.path, table.content));
        }
        for distribution in &summary.distributions {
            if let Some(histogram) = histogram(distribution) {
                media.insert(format!("distribution/{}", distribution.metric), histogram);
            }
        }
        let line = (!media.is_empty()).then(|| placed(media.clone(), place));
        Self {
            summary: totals(metrics, summary, last, line.as_ref()),
            line,
            files,
            log: Said::ended(summary, place.origin + summary.ended),
            exit: exit(summary.end_reason),
            seconds: summary.ended,
            alert: (summary.end_reason == EndReason::Failed).then(|| alert(summary)),
        }
    }

    /// The end of a run without a summary.
    pub(crate) fn cut(last: &Line, reason: EndReason, seconds: f64) -> Self {
        Self { summary: last.clone(), exit: exit(reason), seconds, ..Self::default() }
    }
}

/// In the form that W&B draws; none where there are no values.
fn histogram(distribution: &Distribution) -> Option<Value> {
    let Histogram { bounds, counts } = Histogram::new(distribution).within(BINS);
    (!counts.is_empty()).then(|| json!({"_type": "histogram", "bins": bounds, "values": counts}))
}

/// The last row, replaced by what was measured over the whole point.
fn totals(metrics: &[Metric], summary: &Summary, last: &Line, line: Option<&Line>) -> Line {
    let mut totals = last.clone();
    for metric in metrics {
        totals.remove(&metric.name);
    }
    totals.extend(values(metrics, &summary.values));
    totals.extend(line.cloned().unwrap_or_default());
    totals.insert("verdict".into(), summary.verdict.clone().into());
    totals.insert("warnings".into(), summary.warnings.clone().into());
    totals
}

/// As W&B's own client ends a run: 255 is that of a program that was interrupted.
pub(crate) fn exit(reason: EndReason) -> i32 {
    match reason {
        EndReason::Completed => 0,
        EndReason::Failed => 1,
        EndReason::Interrupted => 255,
    }
}

fn alert(summary: &Summary) -> (String, String) {
    let text = if summary.warnings.is_empty() {
        "The point failed: the end of its run's output says why.".to_owned()
    } else {
        summary.warnings.join("\n")
    };
    ("Load test failed".into(), text)
}
