//! Usage that counts no token of a reply with text.

use super::{counted_replies, percent, share_of};
use crate::checks::{Bound, Evidence, Finding};
use crate::metrics::Metric;
use crate::plan::Plan;
use serde::{Deserialize, Serialize};

/// Replies with text whose usage counts 0 output tokens.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct ZeroUsage {
    /// How many.
    pub requests: u64,
    /// Their share of all replies.
    pub share: f64,
}

impl Finding for ZeroUsage {
    fn find(_: &Plan, evidence: &Evidence) -> Vec<Self> {
        let requests = evidence.replies.zero_usage;
        let share = share_of(requests, evidence.counts.succeeded);
        Vec::from_iter((requests > 0).then_some(Self { requests, share }))
    }

    fn invalidates(&self) -> bool {
        false
    }

    fn metrics(&self) -> Vec<Metric> {
        vec![Metric::OutputTokens, Metric::OutputRate, Metric::Tpot, Metric::OutputThroughput]
    }

    fn bound(&self) -> Option<Bound> {
        None
    }

    fn statement(&self, _: &Plan) -> String {
        format!(
            "the service reports 0 output tokens for {} with text ({})",
            counted_replies(self.requests),
            percent(self.share)
        )
    }

    fn advice(&self, _: &Plan) -> String {
        "Token metrics are too low: fix the usage that the service reports; --tokenizer-path shows \
         the tokenizer's count beside it."
            .into()
    }
}
