//! Workers of a closed loop that waited because the service refused requests.

use crate::Nanos;
use crate::checks::{Bound, Evidence, Finding};
use crate::metrics::Metric;
use crate::plan::{Load, Plan};
use crate::words::times;
use serde::{Deserialize, Serialize};

/// Workers of a closed loop waited because the service answered 429 or 503.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct RefusalWaits {
    /// How often.
    pub times: u64,
    /// How long, in nanoseconds, summed over the workers.
    pub waited: Nanos,
}

impl Finding for RefusalWaits {
    fn find(plan: &Plan, evidence: &Evidence) -> Vec<Self> {
        let times = evidence.health.refusal_waits;
        let closed = matches!(plan.load, Load::Closed { .. });
        let found = Self { times, waited: evidence.health.refusal_wait };
        Vec::from_iter((closed && times > 0).then_some(found))
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
        format!(
            "workers waited {}, {:.1} s in total, because the service answered 429 or 503",
            times(self.times),
            self.waited as f64 / 1e9
        )
    }

    fn advice(&self, _: &Plan) -> String {
        "Lower --parallel or --rate: the service limits the load, and the metrics are those of the \
         load it accepted."
            .into()
    }
}
