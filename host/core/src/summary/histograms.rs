//! The values of a point's metrics in buckets, for those who draw them.

use super::gaps::FrameMetrics;
use crate::metrics::{Metric, Over, Row};
use crate::percentile::{Buckets, Values};
use std::collections::BTreeMap;

/// The values of each metric in buckets. A metric that the summary does not have has no meaning here.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Histograms(BTreeMap<Metric, Buckets>);

impl Histograms {
    /// Those of a point.
    pub(super) fn of(rows: &[Row], frames: &FrameMetrics) -> Self {
        let over = |keep: fn(&Row) -> bool, value: fn(&Row) -> Option<u64>| {
            let kept = rows.iter().filter(|row| keep(row));
            Some(kept.filter_map(value).collect::<Values>().buckets())
        };
        let buckets = |metric: Metric| {
            let of = match metric.definition().over {
                Over::Requests(value) => over(|row| row.ok, value),
                Over::FirstAttempts(value) => over(|row| row.fresh, value),
                Over::Frames => frames.values(metric).map(Values::buckets),
                Over::Point { .. } => None,
            };
            Some((metric, of?))
        };
        Self(Metric::distributions().filter_map(buckets).collect())
    }

    /// The values of `metric`.
    pub fn get(&self, metric: Metric) -> Option<&Buckets> {
        self.0.get(&metric)
    }
}
