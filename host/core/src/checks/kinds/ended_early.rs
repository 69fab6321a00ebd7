//! The point ended before it was complete.

use crate::checks::{Bound, Evidence, Finding};
use crate::metrics::Metric;
use crate::plan::Plan;
use crate::sample::EndReason;
use serde::{Deserialize, Serialize};

/// The point ended before it was complete; not valid where the service was gone.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct EndedEarly {
    /// Why it ended.
    pub end_reason: EndReason,
}

impl Finding for EndedEarly {
    fn find(_: &Plan, evidence: &Evidence) -> Vec<Self> {
        let end_reason = evidence.end_reason;
        Vec::from_iter((end_reason != EndReason::Completed).then_some(Self { end_reason }))
    }

    fn invalidates(&self) -> bool {
        self.end_reason == EndReason::ServerGone
    }

    fn metrics(&self) -> Vec<Metric> {
        vec![Metric::RequestThroughput, Metric::OutputThroughput, Metric::TotalThroughput]
    }

    fn bound(&self) -> Option<Bound> {
        None
    }

    fn statement(&self, _: &Plan) -> String {
        let statement = match self.end_reason {
            EndReason::Completed => "the point is complete",
            EndReason::Interrupted => "the run was interrupted, so the point is incomplete",
            EndReason::ServerGone => {
                "the service was unreachable: nothing but connection failures for 30 s"
            }
            EndReason::OutputFailed => "records could not be written, so the point ended early",
            EndReason::PluginFailed => "a plugin failed, so the point ended early",
        };
        statement.into()
    }

    fn advice(&self, _: &Plan) -> String {
        let advice = match self.end_reason {
            EndReason::OutputFailed => {
                "Free disk space or choose another --outputs-dir, and run again."
            }
            EndReason::PluginFailed => "Check the log for the plugin's error, and run again.",
            EndReason::ServerGone => "Check whether the service crashed or refuses this load.",
            EndReason::Completed | EndReason::Interrupted => {
                "Metrics are correct for the requests that completed; let the run finish to measure \
                 the whole point."
            }
        };
        advice.into()
    }
}
