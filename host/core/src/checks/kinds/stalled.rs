//! Replies were not interpreted fast enough.

use crate::checks::{Bound, Evidence, Finding};
use crate::metrics::Metric;
use crate::plan::Plan;
use crate::words::times;
use serde::{Deserialize, Serialize};

/// Dispatch waited for replies to be interpreted, or dropped slots because of them.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Stalled {
    /// How often.
    pub times: u64,
    /// The most bytes of replies that waited at the end of a sample.
    pub backlog: u64,
}

impl Finding for Stalled {
    fn find(_: &Plan, evidence: &Evidence) -> Vec<Self> {
        let times = evidence.health.stalls;
        let found = Self { times, backlog: evidence.health.peak_backlog };
        Vec::from_iter((times > 0).then_some(found))
    }

    fn invalidates(&self) -> bool {
        false
    }

    fn metrics(&self) -> Vec<Metric> {
        vec![Metric::RequestThroughput, Metric::OutputThroughput]
    }

    fn bound(&self) -> Option<Bound> {
        None
    }

    fn statement(&self, _: &Plan) -> String {
        format!(
            "dispatch waited {} for replies to be interpreted, with up to {:.1} MiB queued",
            times(self.times),
            self.backlog as f64 / (1 << 20) as f64
        )
    }

    fn advice(&self, plan: &Plan) -> String {
        format!(
            "The API plugin {} interprets replies more slowly than they arrive: use a declarative \
             reading plan in place of decode, or lower the load.",
            plan.request.api
        )
    }
}
