//! No request succeeded, so there is nothing to measure.

use crate::checks::{Bound, Evidence, Finding};
use crate::metrics::Metric;
use crate::plan::Plan;
use serde::{Deserialize, Serialize};

/// No request succeeded.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct NothingMeasured {
    /// Requests that failed.
    pub failed: u64,
}

impl Finding for NothingMeasured {
    fn find(_: &Plan, evidence: &Evidence) -> Vec<Self> {
        let counts = &evidence.counts;
        Vec::from_iter((counts.succeeded == 0).then_some(Self { failed: counts.failed }))
    }

    fn invalidates(&self) -> bool {
        true
    }

    fn metrics(&self) -> Vec<Metric> {
        vec![]
    }

    fn bound(&self) -> Option<Bound> {
        None
    }

    fn statement(&self, _: &Plan) -> String {
        match self.failed {
            0 => "no request completed".into(),
            1 => "the only request failed".into(),
            failed => format!("all {failed} requests failed"),
        }
    }

    fn advice(&self, _: &Plan) -> String {
        match self.failed {
            0 => {
                "The point ended before any request did: allow more time, or check the log.".into()
            }
            _ => "Check the failures by class: metrics cover successful requests only.".into(),
        }
    }
}
