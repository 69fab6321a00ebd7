//! Requests of an arrival plan that were sent late.

use super::{millis, percent, share_of};
use crate::Nanos;
use crate::checks::{Bound, Evidence, Finding};
use crate::metrics::Metric;
use crate::plan::{Load, Plan};
use crate::words::counted;
use serde::{Deserialize, Serialize};

/// Requests sent over 1 ms late ([`LATE`](crate::totals::LATE)), as a share of those sent, above
/// which it is raised.
pub(crate) const RAISED: f64 = 0.01;

/// Too many of the requests of an arrival plan were sent late.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct LateSlots {
    /// Requests sent late.
    pub late: u64,
    /// Of those, requests that opened their connection.
    pub connecting: u64,
    /// Their share of the requests sent.
    pub share: f64,
    /// 99th percentile of the dispatch delay.
    pub p99: Nanos,
}

impl Finding for LateSlots {
    fn find(plan: &Plan, evidence: &Evidence) -> Vec<Self> {
        let arrivals = &evidence.arrivals;
        let share = share_of(arrivals.late, arrivals.sent);
        let delay = evidence.metrics.get(Metric::DispatchDelay);
        let delay = delay.filter(|_| share > RAISED && plan.load.is_planned());
        Vec::from_iter(delay.map(|delay| Self {
            late: arrivals.late,
            connecting: arrivals.late_connecting,
            share,
            p99: delay.p99(),
        }))
    }

    fn invalidates(&self) -> bool {
        false
    }

    fn metrics(&self) -> Vec<Metric> {
        vec![Metric::DispatchDelay, Metric::Ttft, Metric::Latency]
    }

    fn bound(&self) -> Option<Bound> {
        Some(Bound::Nanos(self.p99))
    }

    fn statement(&self, _: &Plan) -> String {
        format!(
            "{} ({}) {} sent over 1 ms late; the dispatch delay was {} at P99",
            counted(self.late, "request"),
            percent(self.share),
            if self.late == 1 { "was" } else { "were" },
            millis(self.p99)
        )
    }

    fn advice(&self, plan: &Plan) -> String {
        if self.connecting * 2 > self.late {
            return "Most late requests had to open a connection first: add --warmup-num, and use the \
                    from-schedule metrics, which include the delay."
                .into();
        }
        match plan.load {
            Load::Closed { workers, .. } => advice_to_workers(workers),
            Load::Open { .. } | Load::Trace { .. } => format!(
                "Use the from-schedule metrics, which include the delay; give the client more threads \
                 (now {}) or a machine of its own.",
                plan.engine.threads
            ),
        }
    }
}

/// What to do about requests that waited for a free worker.
pub(super) fn advice_to_workers(workers: u32) -> String {
    format!(
        "Use the from-schedule metrics, which include the wait for a free worker; raise --parallel \
         (now {workers}), or lower --rate."
    )
}
