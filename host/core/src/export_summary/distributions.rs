//! The distributions of a point with their quantiles and buckets, in the units of exporters.

use super::table::scale;
use crate::export::{Bucket, Distribution, Quantile};
use crate::metrics::Metric;
use crate::percentile::{self, Buckets, PERMILLES};
use crate::service::ServiceValues;
use crate::summary::{Histograms, Summary};

/// Those that the point has: of the table, and of what the service told of itself.
pub(super) fn distributions(summary: &Summary, histograms: &Histograms) -> Vec<Distribution> {
    let table = summary.metrics.iter().map(|(metric, found)| {
        let none = Buckets::default();
        of_table(metric, found, histograms.get(metric).unwrap_or(&none))
    });
    let service = summary.metrics.service().iter().filter_map(of_service);
    table.chain(service).collect()
}

fn of_table(metric: Metric, found: &percentile::Distribution, buckets: &Buckets) -> Distribution {
    let scale = scale(metric.definition().unit);
    let value = |stored: u64| stored as f64 / scale.divisor;
    let bucket = |&(upper_bound, count): &(u64, u64)| Bucket {
        upper_bound: value(upper_bound),
        count: count as f64,
    };
    Distribution {
        metric: metric.key().into(),
        label: metric.label().into(),
        unit: scale.unit.into(),
        count: found.count as f64,
        sum: buckets.sum as f64 / scale.divisor,
        min: value(found.min()),
        max: value(found.max()),
        quantiles: quantiles(found, value),
        buckets: buckets.counts.iter().map(bucket).collect(),
    }
}

/// Values that a service tells of itself are any numbers, so that they have no buckets.
fn of_service(values: &ServiceValues) -> Option<Distribution> {
    let found = values.distribution.as_ref()?;
    Some(Distribution {
        metric: values.metric.key(),
        label: values.metric.label.clone(),
        unit: values.metric.unit.clone(),
        count: found.count as f64,
        sum: values.sum.unwrap_or(found.mean * found.count as f64),
        min: found.min(),
        max: found.max(),
        quantiles: quantiles(found, |value| value),
        buckets: Vec::new(),
    })
}

fn quantiles<T: Copy>(
    found: &percentile::Distribution<T>,
    value: impl Fn(T) -> f64,
) -> Vec<Quantile> {
    let quantile = |permille: u32| {
        found.at(permille).map(|at| Quantile { q: f64::from(permille) / 1e3, value: value(at) })
    };
    PERMILLES.into_iter().filter_map(quantile).collect()
}
