//! Events of a task: scalars, single values, plots and lines of the log.

use crate::state::Task;
use loadwright_plugin::exporter::{Metric, Row};
use serde_json::{Value, json};

/// The iteration of values that have none: ClearML lists them as a table of single values.
const SINGLE: i64 = i32::MIN as i64;

/// EvalScope's title.
const COMPATIBLE: &str = "Performance Metrics";

/// Who writes lines of the log.
pub(crate) const WORKER: &str = "loadwright";

/// How rows become scalars.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Series {
    /// Title and series of each metric.
    names: Vec<(String, String)>,
    /// Iterations count rows, as EvalScope's do; otherwise they are seconds.
    counted: bool,
}

impl Series {
    /// Of the metrics of a run. Names that are not the host's own, which have no blanks, are EvalScope's.
    pub(crate) fn new(metrics: &[Metric]) -> Self {
        let counted = metrics.iter().any(|metric| metric.name.contains(' '));
        let name = |metric: &Metric| {
            if counted { (COMPATIBLE.into(), metric.name.clone()) } else { of_metric(metric) }
        };
        Self { names: metrics.iter().map(name).collect(), counted }
    }

    /// The scalars of rows, of which the first may have the iteration `next`; and the iteration that
    /// follows them.
    pub(crate) fn scalars(&self, task: &Task, rows: &[Row], mut next: i64) -> (Vec<Value>, i64) {
        let mut events = Vec::new();
        for row in rows {
            let iter = if self.counted { next } else { (row.at.round() as i64).max(next) };
            for ((title, series), value) in self.names.iter().zip(&row.values) {
                let Some(value) = value.filter(|value| value.is_finite()) else { continue };
                let mut event = scalar(task, row.at, title, series, value);
                event["iter"] = iter.into();
                if !self.counted {
                    event["x_axis_label"] = "Time (s)".into();
                }
                events.push(event);
            }
            next = iter + 1;
        }
        (events, next)
    }
}

/// Mean and percentiles of one metric share a chart: `ttft_p99`, labelled `TTFT, p99 (s)`, is the series
/// p99 of the chart `TTFT (s)`.
fn of_metric(metric: &Metric) -> (String, String) {
    let last = metric.name.rsplit_once('_').map_or("", |(_, last)| last);
    let part = format!(", {last}");
    match metric.label.split_once(&part) {
        Some((before, after)) if !last.is_empty() => (format!("{before}{after}"), last.into()),
        _ => (metric.label.clone(), metric.name.clone()),
    }
}

fn scalar(task: &Task, at: f64, title: &str, series: &str, value: f64) -> Value {
    json!({
        "timestamp": task.milliseconds(at),
        "type": "training_stats_scalar",
        "task": task.id,
        "iter": SINGLE,
        "metric": title,
        "variant": series,
        "value": value,
        "allow_locked": false,
    })
}

/// Values of the summary.
pub(crate) fn singles(
    task: &Task,
    at: f64,
    metrics: &[Metric],
    values: &[Option<f64>],
) -> Vec<Value> {
    let one = |(metric, value): (&Metric, &Option<f64>)| {
        let value = value.filter(|value| value.is_finite())?;
        Some(scalar(task, at, "Summary", &metric.label, value))
    };
    metrics.iter().zip(values).filter_map(one).collect()
}

/// A figure of Plotly.
pub(crate) fn plot(task: &Task, at: f64, (title, series): (&str, &str), figure: &Value) -> Value {
    json!({
        "timestamp": task.milliseconds(at),
        "type": "plot",
        "task": task.id,
        "iter": 0,
        "metric": title,
        "variant": series,
        "plot_str": figure.to_string(),
        "allow_locked": false,
    })
}

/// A line of the log; `level` is info, warning or error.
pub(crate) fn log(task: &Task, at: f64, level: &str, text: &str) -> Value {
    json!({
        "timestamp": task.milliseconds(at),
        "type": "log",
        "task": task.id,
        "level": level,
        "worker": WORKER,
        "msg": text,
        "allow_locked": false,
    })
}

#[cfg(test)]
mod tests;
