//! What the service tells of itself, in rows: totals grow from the start of the point, anything else is
//! the mean over the successful requests of the row.

use crate::export::{Metric, MetricKind};
use crate::record::Record;
use crate::service::{ServiceKind, ServiceMetric};

/// The metrics of rows for those that the plan declares, in their order.
pub(super) fn metrics(declared: &[ServiceMetric]) -> impl Iterator<Item = Metric> + '_ {
    declared.iter().map(|of| {
        let kind = match of.kind {
            ServiceKind::Total => MetricKind::Counter,
            ServiceKind::Share => MetricKind::Ratio,
            ServiceKind::Time if of.unit == "s" => MetricKind::Duration,
            ServiceKind::Level | ServiceKind::Rate | ServiceKind::Time => MetricKind::Gauge,
        };
        let mean = if of.kind == ServiceKind::Total { "" } else { ", mean" };
        let unit = if of.unit.is_empty() { String::new() } else { format!(" ({})", of.unit) };
        let label = format!("{}{mean}{unit}", of.label);
        Metric { name: of.key(), label, unit: of.unit.clone(), kind }
    })
}

/// One of them.
#[derive(Debug)]
struct Told {
    name: String,
    adds_up: bool,
    sum: f64,
    count: u64,
}

/// What was told of all of them.
#[derive(Debug, Default)]
pub(super) struct OfService(Vec<Told>);

impl OfService {
    pub(super) fn new(declared: &[ServiceMetric]) -> Self {
        let told = |of: &ServiceMetric| Told {
            name: of.name.clone(),
            adds_up: of.kind == ServiceKind::Total,
            sum: 0.0,
            count: 0,
        };
        Self(declared.iter().map(told).collect())
    }

    /// Adds a successful request.
    pub(super) fn add(&mut self, record: &Record) {
        for quantity in &record.metrics {
            if let Some(told) = self.0.iter_mut().find(|told| *told.name == *quantity.name) {
                told.sum += quantity.value;
                told.count += 1;
            }
        }
    }

    /// Ends a row.
    pub(super) fn row(&mut self) -> Vec<Option<f64>> {
        let value = |told: &mut Told| {
            if told.adds_up {
                return Some(told.sum).filter(|_| told.count > 0);
            }
            let (sum, count) = (std::mem::take(&mut told.sum), std::mem::take(&mut told.count));
            (count > 0).then(|| sum / count as f64)
        };
        self.0.iter_mut().map(|told| value(told).filter(|value| value.is_finite())).collect()
    }
}
