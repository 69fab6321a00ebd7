//! Lines of a run's history: one a row, and the last one with what belongs to the whole point.

#[cfg(test)]
mod tests;

use loadwright_plugin::exporter::{Metric, Row};
use serde_json::{Map, Value};

/// Keys with their values, in order.
pub(crate) type Line = Map<String, Value>;

/// The x axis: seconds on the point's clock.
pub(crate) const TIME: &str = "time";

/// Where a line stands in its run.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Place {
    /// Lines before it.
    pub(crate) step: u64,
    /// Seconds on the point's clock.
    pub(crate) at: f64,
    /// Time of day at zero of that clock.
    pub(crate) origin: f64,
}

/// `line` with what places it in its run.
pub(crate) fn placed(mut line: Line, place: Place) -> Line {
    line.insert(TIME.into(), place.at.into());
    line.insert("_step".into(), place.step.into());
    line.insert("_runtime".into(), place.at.into());
    line.insert("_timestamp".into(), (place.origin + place.at).into());
    line
}

/// The values of a row; a metric without a value, or with one that JSON cannot write, is left out.
pub(crate) fn row(metrics: &[Metric], row: &Row) -> Line {
    values(metrics, &row.values)
}

/// `values` by the names of `metrics`.
pub(crate) fn values(metrics: &[Metric], values: &[Option<f64>]) -> Line {
    metrics
        .iter()
        .zip(values)
        .filter_map(|(metric, value)| {
            let value = value.filter(|value| value.is_finite())?;
            Some((metric.name.clone(), value.into()))
        })
        .collect()
}
