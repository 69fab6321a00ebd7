//! Streams whose text the API plugin does not find.

use super::{counted_replies, percent, share_of};
use crate::checks::{Bound, Evidence, Finding};
use crate::metrics::Metric;
use crate::plan::Plan;
use serde::{Deserialize, Serialize};

/// Streamed replies of two tokens or more in which no output was found.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct TextNotFound {
    /// How many.
    pub requests: u64,
    /// Their share of the streamed replies.
    pub share: f64,
}

impl Finding for TextNotFound {
    fn find(_: &Plan, evidence: &Evidence) -> Vec<Self> {
        let requests = evidence.replies.without_text;
        let share = share_of(requests, evidence.counts.streamed);
        Vec::from_iter((requests > 0).then_some(Self { requests, share }))
    }

    fn invalidates(&self) -> bool {
        false
    }

    fn metrics(&self) -> Vec<Metric> {
        vec![
            Metric::Ttft,
            Metric::FirstAnswer,
            Metric::Tpot,
            Metric::Itl,
            Metric::ItlPerToken,
            Metric::Latency,
        ]
    }

    fn bound(&self) -> Option<Bound> {
        None
    }

    fn statement(&self, _: &Plan) -> String {
        format!(
            "no text was found in {} of two or more tokens ({} of the streams)",
            counted_replies(self.requests),
            percent(self.share)
        )
    }

    fn advice(&self, plan: &Plan) -> String {
        format!(
            "These replies have no TTFT and no ITL, and their latency ends with the reply: the \
             service puts its text where the api {} does not look. Inspect a reply, and choose \
             another --api or a plugin that reads it.",
            plan.request.api
        )
    }
}
