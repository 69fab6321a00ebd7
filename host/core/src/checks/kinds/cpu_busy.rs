//! The client itself was short of CPU time.

use super::{percent, share_of};
use crate::checks::{Bound, Evidence, Finding};
use crate::metrics::Metric;
use crate::plan::Plan;
use serde::{Deserialize, Serialize};

/// Samples in which an engine thread was busy, in percent of all, above which it is raised.
pub(crate) const RAISED: u64 = 10;

/// An engine thread had no idle time in too many of the samples.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct CpuBusy {
    /// The busiest, 0 to 1.
    pub worst: f64,
    /// Share of the samples.
    pub share: f64,
}

impl Finding for CpuBusy {
    fn find(_: &Plan, evidence: &Evidence) -> Vec<Self> {
        let health = &evidence.health;
        let share = share_of(health.busy, health.samples);
        let busy = health.busy * 100 > health.samples * RAISED;
        Vec::from_iter(busy.then_some(Self { worst: health.worst_cpu, share }))
    }

    fn invalidates(&self) -> bool {
        false
    }

    fn metrics(&self) -> Vec<Metric> {
        vec![Metric::Ttft, Metric::Itl, Metric::DispatchDelay, Metric::RequestThroughput]
    }

    fn bound(&self) -> Option<Bound> {
        None
    }

    fn statement(&self, _: &Plan) -> String {
        format!(
            "an engine thread was at least 95 % busy in {} of the samples ({} at worst)",
            percent(self.share),
            percent(self.worst)
        )
    }

    fn advice(&self, plan: &Plan) -> String {
        advice_on_threads(plan)
    }
}

/// What to do about a client that is too slow for the load.
pub(super) fn advice_on_threads(plan: &Plan) -> String {
    format!(
        "Give the client more threads (now {}) or a machine of its own, or lower the load.",
        plan.engine.threads
    )
}
