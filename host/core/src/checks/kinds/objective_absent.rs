//! Objectives on a metric that replies do not have.

use super::{counted_replies, percent, share_of};
use crate::checks::{Bound, Evidence, Finding};
use crate::metrics::Metric;
use crate::plan::Plan;
use serde::{Deserialize, Serialize};

/// Such replies, as a share of the successful requests, above which it is raised.
pub(crate) const RAISED: f64 = 0.01;

/// Too many of the successful requests do not have a metric that an objective limits.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct ObjectiveAbsent {
    /// The metric.
    pub metric: Metric,
    /// How many.
    pub requests: u64,
    /// Their share.
    pub share: f64,
}

impl Finding for ObjectiveAbsent {
    fn find(_: &Plan, evidence: &Evidence) -> Vec<Self> {
        let replies = &evidence.replies;
        let absent = [(Metric::Ttft, replies.without_ttft), (Metric::Tpot, replies.without_tpot)];
        let found = absent.into_iter().map(|(metric, requests)| Self {
            metric,
            requests,
            share: share_of(requests, evidence.counts.succeeded),
        });
        found.filter(|found| found.share > RAISED).collect()
    }

    fn invalidates(&self) -> bool {
        false
    }

    fn metrics(&self) -> Vec<Metric> {
        vec![Metric::Goodput]
    }

    fn bound(&self) -> Option<Bound> {
        Some(Bound::Share(self.share))
    }

    fn statement(&self, _: &Plan) -> String {
        format!(
            "{}, which has an objective, does not exist for {} ({}): each counts as a miss",
            self.metric.label(),
            counted_replies(self.requests),
            percent(self.share)
        )
    }

    fn advice(&self, _: &Plan) -> String {
        "A reply that is not a stream or has no text has no TTFT, and one in a single frame has no \
         TPOT: set the objective on latency with --goodput, or make the service stream."
            .into()
    }
}
