//! The service was not in a steady state.

use super::millis;
use crate::Nanos;
use crate::checks::{Bound, Evidence, Finding, Halves};
use crate::metrics::Metric;
use crate::plan::Plan;
use serde::{Deserialize, Serialize};

/// The metrics whose means are compared between the halves of the steady window.
pub(crate) const METRICS: [Metric; 3] = [Metric::Ttft, Metric::Tpot, Metric::Latency];

/// Requests that each half needs for its mean to say anything.
pub(crate) const LEAST: u64 = 30;

/// Difference of the means, as a share of the first, above which it is raised.
pub(crate) const RAISED: f64 = 0.1;

/// The standard errors that the difference must exceed, too.
pub(crate) const STANDARD_ERRORS: f64 = 3.0;

/// A metric's mean moved between the halves of the steady window, by more than chance explains.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Drift {
    /// The metric that moved most.
    pub metric: Metric,
    /// Mean over the requests sent in the first half, in nanoseconds.
    pub first: f64,
    /// Mean over the requests sent in the second half, in nanoseconds.
    pub second: f64,
}

impl Drift {
    /// By how much the larger mean exceeds the smaller, as a factor.
    fn ratio(&self) -> f64 {
        self.first.max(self.second) / self.first.min(self.second)
    }
}

fn moved(halves: &Halves) -> bool {
    let Halves { first, second, .. } = halves;
    let error =
        (first.variance / first.count as f64 + second.variance / second.count as f64).sqrt();
    let off = (first.mean - second.mean).abs();
    first.count >= LEAST
        && second.count >= LEAST
        && off > RAISED * first.mean
        && off > STANDARD_ERRORS * error
}

impl Finding for Drift {
    fn find(_: &Plan, evidence: &Evidence) -> Vec<Self> {
        let moved = evidence.halves.iter().filter(|halves| moved(halves)).map(|halves| Self {
            metric: halves.metric,
            first: halves.first.mean,
            second: halves.second.mean,
        });
        Vec::from_iter(moved.max_by(|a, b| a.ratio().total_cmp(&b.ratio())))
    }

    fn invalidates(&self) -> bool {
        false
    }

    fn metrics(&self) -> Vec<Metric> {
        vec![self.metric]
    }

    fn bound(&self) -> Option<Bound> {
        let off = (self.second - self.first).abs();
        (self.first > 0.0).then(|| Bound::Share(off / self.first))
    }

    fn statement(&self, _: &Plan) -> String {
        format!(
            "mean {} moved from {} to {} between the halves of the steady window",
            self.metric.label(),
            millis(self.first.round() as Nanos),
            millis(self.second.round() as Nanos)
        )
    }

    fn advice(&self, _: &Plan) -> String {
        "The service was not in a steady state: run longer, or add --warmup-num.".into()
    }
}
