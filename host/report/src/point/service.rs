//! What the service reported of itself: a row for each metric that the plugin declares.

use crate::number::significant;
use crate::style::{Style, one_line};
use crate::table::{self, Column};
use loadwright_core::percentile::Distribution;
use loadwright_core::service::{ServiceMetric, ServiceValues};
use loadwright_core::summary::Summary;

/// Characters of a metric's label that are shown.
const LABEL: usize = 40;

/// The table; empty where the plugin declares no metric.
pub(super) fn service(summary: &Summary, style: &Style) -> String {
    let all = summary.metrics.service();
    if all.is_empty() {
        return String::new();
    }
    let key = Column::new("Metric", all.iter().map(|values| label(&values.metric)));
    let tables = table::split(&key, &[columns(all)], style.width);
    let mut text = format!("\n{}\n", style.bold("Reported by the service:"));
    text.extend(tables.iter().map(|lines| lines.join("\n") + "\n"));
    text
}

/// The label with the unit, e.g. `queue time (s)`.
fn label(metric: &ServiceMetric) -> String {
    let label = one_line(&metric.label, LABEL);
    match metric.unit.as_str() {
        "" => label,
        unit => format!("{label} ({})", one_line(unit, LABEL)),
    }
}

fn columns(all: &[ServiceValues]) -> Vec<Column> {
    let column = |header: &str, of: fn(&Distribution<f64>) -> String| {
        let cell = |values: &ServiceValues| values.distribution.as_ref().map_or("-".into(), of);
        Column::new(header, all.iter().map(cell))
    };
    let mut columns = vec![
        column("Values", |all| all.count.to_string()),
        column("Avg", |all| significant(all.mean)),
        column("Min", |all| significant(all.min())),
        column("P50", |all| significant(all.median())),
        column("P90", |all| all.at(900).map_or("-".into(), significant)),
        column("P99", |all| significant(all.p99())),
        column("Max", |all| significant(all.max())),
    ];
    if all.iter().any(|values| values.sum.is_some()) {
        let sum = |values: &ServiceValues| values.sum.map_or("-".into(), significant);
        columns.push(Column::new("Sum", all.iter().map(sum)));
    }
    columns
}
