//! The workers of a closed loop were not busy all the time.

use super::concurrency_missed::{reached, unpaced_workers};
use crate::checks::{Bound, Evidence, Finding};
use crate::metrics::Metric;
use crate::plan::Plan;
use serde::{Deserialize, Serialize};

/// Mean of the requests in flight, as a part of the workers, below which it is raised.
pub(crate) const RAISED: f64 = 0.9;

/// The peak was reached, and too few requests were in flight on average.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct ConcurrencyLow {
    /// Workers.
    pub target: u32,
    /// Mean in flight over the whole point.
    pub mean: f64,
    /// Mean in flight over the steady window.
    pub steady: f64,
}

impl Finding for ConcurrencyLow {
    fn find(plan: &Plan, evidence: &Evidence) -> Vec<Self> {
        let concurrency = &evidence.concurrency;
        let found = unpaced_workers(plan).zip(concurrency.mean).filter(|&(target, mean)| {
            reached(target, concurrency.peak) && mean < RAISED * f64::from(target)
        });
        Vec::from_iter(found.map(|(target, mean)| Self {
            target,
            mean,
            steady: evidence.steady_concurrency.unwrap_or(mean),
        }))
    }

    fn invalidates(&self) -> bool {
        false
    }

    fn metrics(&self) -> Vec<Metric> {
        vec![Metric::Concurrency, Metric::RequestThroughput, Metric::OutputThroughput]
    }

    fn bound(&self) -> Option<Bound> {
        Some(Bound::Share(1.0 - self.mean / f64::from(self.target)))
    }

    fn statement(&self, _: &Plan) -> String {
        let Self { target, mean, .. } = self;
        format!("only {mean:.1} requests were in flight on average with --parallel {target}")
    }

    fn advice(&self, plan: &Plan) -> String {
        if self.steady >= RAISED * f64::from(self.target) {
            return "In so short a point, ramp-up and drain weigh heavily: raise --number or \
                    --duration, or use the steady window."
                .into();
        }
        format!(
            "Workers were idle between requests: check failures and dispatch delay, give the client \
             more threads (now {}) or a machine of its own, or raise --parallel.",
            plan.engine.threads
        )
    }
}
