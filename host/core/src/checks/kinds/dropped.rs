//! Slots of an arrival plan that were never sent.

use super::percent;
use crate::checks::{Bound, Evidence, Finding};
use crate::metrics::Metric;
use crate::plan::{Load, Plan};
use crate::words::counted;
use serde::{Deserialize, Serialize};

/// Dropped slots as a share of all, above which the point is not valid.
pub(crate) const INVALID: f64 = 0.1;

/// Slots of an arrival plan were never sent: too many requests were in flight, or no worker was free
/// before the point ended.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Dropped {
    /// Slots dropped.
    pub dropped: u64,
    /// Their share of all slots.
    pub share: f64,
}

impl Finding for Dropped {
    fn find(plan: &Plan, evidence: &Evidence) -> Vec<Self> {
        let dropped = evidence.counts.dropped;
        let share = evidence.counts.dropped_share(evidence.arrivals.sent);
        let share = share.filter(|_| dropped > 0 && plan.load.is_planned());
        Vec::from_iter(share.map(|share| Self { dropped, share }))
    }

    fn invalidates(&self) -> bool {
        self.share > INVALID
    }

    fn metrics(&self) -> Vec<Metric> {
        vec![Metric::SentRate, Metric::Ttft, Metric::Latency]
    }

    fn bound(&self) -> Option<Bound> {
        Some(Bound::Share(self.share))
    }

    fn statement(&self, plan: &Plan) -> String {
        let requests = counted(self.dropped, "scheduled request");
        let were = if self.dropped == 1 { "was" } else { "were" };
        let why = match plan.load {
            Load::Open { .. } | Load::Trace { .. } => "dropped at the limit of requests in flight",
            Load::Closed { .. } => "never sent: no worker was free before the point ended",
        };
        format!("{requests} ({}) {were} {why}", percent(self.share))
    }

    fn advice(&self, plan: &Plan) -> String {
        match plan.load {
            Load::Open { max_in_flight: Some(cap), .. } => format!(
                "The service is slower than the target rate: lower --rate, or raise --max-in-flight \
                 (now {cap}) to let its queue grow."
            ),
            Load::Open { max_in_flight: None, .. } => {
                "Replies were not interpreted fast enough: lower --rate or add --threads.".into()
            }
            Load::Trace { max_in_flight: Some(cap) } => format!(
                "The service is slower than the trace: raise --max-in-flight (now {cap}) to let its \
                 queue grow."
            ),
            Load::Trace { max_in_flight: None } => {
                "Replies were not interpreted fast enough: add --threads.".into()
            }
            Load::Closed { workers, .. } => format!(
                "The service is slower than the target rate: lower --rate, or raise --parallel (now \
                 {workers})."
            ),
        }
    }
}
