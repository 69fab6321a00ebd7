//! Many requests failed: the metrics are those of the rest.

use super::percent;
use crate::checks::{Bound, Evidence, Finding};
use crate::metrics::Metric;
use crate::plan::Plan;
use serde::{Deserialize, Serialize};

/// Failed requests as a share of all, above which it is raised.
pub(crate) const RAISED: f64 = 0.01;

/// The share above which the point is not valid.
pub(crate) const INVALID: f64 = 0.5;

/// Too many of the requests failed, and some succeeded.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Failures {
    /// Their share of all.
    pub share: f64,
}

impl Finding for Failures {
    fn find(_: &Plan, evidence: &Evidence) -> Vec<Self> {
        let counts = &evidence.counts;
        let share = counts.failed_share().filter(|&share| share > RAISED && counts.succeeded > 0);
        Vec::from_iter(share.map(|share| Self { share }))
    }

    fn invalidates(&self) -> bool {
        self.share > INVALID
    }

    fn metrics(&self) -> Vec<Metric> {
        vec![Metric::Ttft, Metric::Latency, Metric::Tpot, Metric::Itl, Metric::RequestThroughput]
    }

    fn bound(&self) -> Option<Bound> {
        None
    }

    fn statement(&self, _: &Plan) -> String {
        format!("{} of the requests failed", percent(self.share))
    }

    fn advice(&self, _: &Plan) -> String {
        "Check the failures by class: metrics cover successful requests only.".into()
    }
}
