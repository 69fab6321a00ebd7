//! What the service tells of itself, by metric and attempt.

use crate::metrics::Row;
use crate::service::{Quantity, ServiceMetric, ServiceValues};

/// A column for each metric that the plan declares: 8 bytes for each attempt that was sent, up to the
/// last that has the metric; NaN where one lacks it. Other metrics are left out.
#[derive(Debug, Clone)]
pub(super) struct ServiceColumns(Vec<Column>);

#[derive(Debug, Clone)]
struct Column {
    metric: ServiceMetric,
    values: Vec<f64>,
}

impl ServiceColumns {
    /// Columns for the `declared` metrics.
    pub(super) fn new(declared: &[ServiceMetric]) -> Self {
        let column = |metric: &ServiceMetric| Column { metric: metric.clone(), values: Vec::new() };
        Self(declared.iter().map(column).collect())
    }

    /// Adds what the reply in row number `row` said.
    pub(super) fn add(&mut self, row: usize, said: &[Quantity]) {
        for Quantity { name, value } in said {
            let column = self.0.iter_mut().find(|column| *column.metric.name == **name);
            if let Some(column) = column {
                column.values.resize(row, f64::NAN);
                column.values.push(*value);
            }
        }
    }

    /// Every metric over those of `rows` that `keep` takes.
    pub(super) fn over(&self, rows: &[Row], keep: impl Fn(&Row) -> bool) -> Vec<ServiceValues> {
        let values = |column: &Column| {
            let all = rows.iter().zip(&column.values);
            let kept = all.filter(|(row, value)| !value.is_nan() && keep(row));
            ServiceValues::of(&column.metric, kept.map(|(_, &value)| value).collect())
        };
        self.0.iter().map(values).collect()
    }
}
