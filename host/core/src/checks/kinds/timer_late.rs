//! The pacing timer fired late, so requests could not be sent on schedule.

use super::millis;
use crate::Nanos;
use crate::checks::{Bound, Evidence, Finding};
use crate::metrics::Metric;
use crate::plan::Plan;
use serde::{Deserialize, Serialize};

/// Samples in which the timer was over 1 ms late, in percent of all, above which it is raised.
pub(crate) const RAISED: u64 = 10;

/// The pacing timer was late in too many of the samples.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct TimerLate {
    /// The largest delay.
    pub worst: Nanos,
}

impl Finding for TimerLate {
    fn find(plan: &Plan, evidence: &Evidence) -> Vec<Self> {
        let health = &evidence.health;
        let late = health.timer_late * 100 > health.samples * RAISED;
        let paced = plan.load.is_planned();
        Vec::from_iter((paced && late).then_some(Self { worst: health.worst_timer }))
    }

    fn invalidates(&self) -> bool {
        false
    }

    fn metrics(&self) -> Vec<Metric> {
        vec![Metric::DispatchDelay, Metric::TtftFromSchedule, Metric::LatencyFromSchedule]
    }

    fn bound(&self) -> Option<Bound> {
        Some(Bound::Nanos(self.worst))
    }

    fn statement(&self, _: &Plan) -> String {
        format!("the pacing timer was repeatedly late, by up to {}", millis(self.worst))
    }

    fn advice(&self, _: &Plan) -> String {
        "Free a core for the client: other processes on this machine compete for its CPU time."
            .into()
    }
}
