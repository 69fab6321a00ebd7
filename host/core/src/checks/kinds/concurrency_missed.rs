//! The workers of a closed loop were never all busy.

use crate::checks::{Bound, Evidence, Finding};
use crate::metrics::Metric;
use crate::plan::{Load, Plan};
use serde::{Deserialize, Serialize};

/// Requests in flight at the peak, in percent of the workers, below which it is raised.
pub(crate) const RAISED: u64 = 95;

/// At no moment did enough of the workers have a request in flight.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct ConcurrencyMissed {
    /// Workers.
    pub target: u32,
    /// The most requests in flight at one moment.
    pub peak: u32,
}

/// The workers of a closed loop that has no pace to keep.
pub(super) fn unpaced_workers(plan: &Plan) -> Option<u32> {
    match plan.load {
        Load::Closed { workers, pace: None, .. } => Some(workers),
        Load::Closed { pace: Some(_), .. } | Load::Open { .. } | Load::Trace { .. } => None,
    }
}

/// Whether enough of the workers had a request in flight at the peak.
pub(super) fn reached(workers: u32, peak: u32) -> bool {
    u64::from(peak) * 100 >= u64::from(workers) * RAISED
}

impl Finding for ConcurrencyMissed {
    fn find(plan: &Plan, evidence: &Evidence) -> Vec<Self> {
        let peak = evidence.concurrency.peak;
        let target = unpaced_workers(plan);
        let missed = target.filter(|&target| peak > 0 && !reached(target, peak));
        Vec::from_iter(missed.map(|target| Self { target, peak }))
    }

    fn invalidates(&self) -> bool {
        false
    }

    fn metrics(&self) -> Vec<Metric> {
        vec![Metric::Concurrency, Metric::RequestThroughput, Metric::OutputThroughput]
    }

    fn bound(&self) -> Option<Bound> {
        None
    }

    fn statement(&self, _: &Plan) -> String {
        let Self { target, peak } = self;
        format!("at most {peak} of {target} workers had a request in flight at once")
    }

    fn advice(&self, plan: &Plan) -> String {
        match plan.limits.number {
            Some(number) if number < u64::from(self.target) => format!(
                "Send at least as many requests as there are workers: --number {}.",
                2 * self.target
            ),
            _ => "Raise --number or --duration, or shorten --ramp-up: the point ended before all \
                  workers were busy."
                .into(),
        }
    }
}
