//! Requests were sent more slowly than they were scheduled.

use crate::checks::{Bound, Evidence, Finding};
use crate::metrics::Metric;
use crate::plan::{Load, Plan};
use serde::{Deserialize, Serialize};

/// Part of the scheduled rate below which it is raised.
pub(crate) const RAISED: f64 = 0.95;

/// The part below which the point is not valid.
pub(crate) const INVALID: f64 = 0.8;

/// Requests were sent at a lower rate than the one at which they were scheduled.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct RateMissed {
    /// Requests a second at which the slots sent were scheduled.
    pub scheduled: f64,
    /// Requests a second sent.
    pub sent: f64,
}

impl Finding for RateMissed {
    fn find(_: &Plan, evidence: &Evidence) -> Vec<Self> {
        let rates = evidence.arrivals.scheduled_rate.zip(evidence.arrivals.sent_rate);
        let missed = rates.filter(|(scheduled, sent)| *sent < RAISED * scheduled);
        Vec::from_iter(missed.map(|(scheduled, sent)| Self { scheduled, sent }))
    }

    fn invalidates(&self) -> bool {
        self.sent < INVALID * self.scheduled
    }

    fn metrics(&self) -> Vec<Metric> {
        vec![Metric::SentRate, Metric::Ttft, Metric::Latency, Metric::RequestThroughput]
    }

    fn bound(&self) -> Option<Bound> {
        Some(Bound::Share(1.0 - self.sent / self.scheduled))
    }

    fn statement(&self, _: &Plan) -> String {
        let Self { scheduled, sent } = self;
        format!(
            "requests were sent at {sent:.2} per second instead of the scheduled {scheduled:.2}"
        )
    }

    fn advice(&self, plan: &Plan) -> String {
        match plan.load {
            Load::Closed { workers, .. } => super::late_slots::advice_to_workers(workers),
            Load::Open { .. } => format!(
                "Use the from-schedule metrics, lower --rate, or give the client more threads (now \
                 {}).",
                plan.engine.threads
            ),
            Load::Trace { .. } => format!(
                "Use the from-schedule metrics, or give the client more threads (now {}).",
                plan.engine.threads
            ),
        }
    }
}
