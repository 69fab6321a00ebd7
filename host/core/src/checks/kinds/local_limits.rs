//! This machine ran out of ports or files.

use super::{percent, share_of};
use crate::checks::{Bound, Evidence, Finding};
use crate::metrics::Metric;
use crate::plan::Plan;
use crate::words::times;
use serde::{Deserialize, Serialize};

/// With a planned rate: requests never sent, as a share of all, above which the point is not valid,
/// since they are in neither the scheduled nor the sent rate.
pub(crate) const INVALID: f64 = 0.1;

/// This machine ran out of ports or files.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct LocalLimits {
    /// Attempts that met the limit.
    pub attempts: u64,
    /// Requests never sent because of it, as a share of all; 0 without an arrival plan.
    pub share: f64,
}

impl Finding for LocalLimits {
    fn find(plan: &Plan, evidence: &Evidence) -> Vec<Self> {
        let limits = evidence.local_limits;
        let share = match plan.load.is_planned() {
            true => share_of(limits.unsent, evidence.counts.total),
            false => 0.0,
        };
        let found = Self { attempts: limits.attempts, share };
        Vec::from_iter((limits.attempts > 0).then_some(found))
    }

    fn invalidates(&self) -> bool {
        self.share > INVALID
    }

    fn metrics(&self) -> Vec<Metric> {
        match self.share > 0.0 {
            true => {
                vec![Metric::SentRate, Metric::Ttft, Metric::Latency, Metric::RequestThroughput]
            }
            false => vec![Metric::RequestThroughput],
        }
    }

    fn bound(&self) -> Option<Bound> {
        (self.share > 0.0).then_some(Bound::Share(self.share))
    }

    fn statement(&self, _: &Plan) -> String {
        let met =
            format!("this machine ran out of ports or file descriptors {}", times(self.attempts));
        match self.share > 0.0 {
            true => format!("{met}, and {} of the requests were never sent", percent(self.share)),
            false => met,
        }
    }

    fn advice(&self, _: &Plan) -> String {
        "Raise ulimit -n and widen the local port range, or lower the load.".into()
    }
}
