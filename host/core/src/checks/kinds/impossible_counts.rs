//! Token counts that cannot be true, whoever reports them.

use super::{counted_replies, percent, share_of};
use crate::checks::{Bound, Evidence, Finding, Impossible};
use crate::metrics::Metric;
use crate::plan::Plan;
use serde::{Deserialize, Serialize};

/// Replies whose token counts contradict what was sent and received, or each other.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct ImpossibleCounts {
    /// How many.
    pub requests: u64,
    /// Their share of all replies.
    pub share: f64,
    /// Those with more output tokens, reasoning aside, than the reply has bytes.
    pub output_above_bytes: u64,
    /// Those with more input tokens than any model takes.
    pub input_too_large: u64,
    /// Those with more cached tokens than input tokens.
    pub cached_above_input: u64,
    /// Those with more reasoning tokens than output tokens.
    pub reasoning_above_output: u64,
}

impl Finding for ImpossibleCounts {
    fn find(_: &Plan, evidence: &Evidence) -> Vec<Self> {
        let Impossible { replies, output, input, cached, reasoning } = evidence.impossible;
        let found = Self {
            requests: replies,
            share: share_of(replies, evidence.counts.succeeded),
            output_above_bytes: output,
            input_too_large: input,
            cached_above_input: cached,
            reasoning_above_output: reasoning,
        };
        Vec::from_iter((replies > 0).then_some(found))
    }

    fn invalidates(&self) -> bool {
        false
    }

    fn metrics(&self) -> Vec<Metric> {
        vec![
            Metric::InputTokens,
            Metric::OutputTokens,
            Metric::OutputRate,
            Metric::Tpot,
            Metric::ItlPerToken,
            Metric::OutputThroughput,
            Metric::TotalThroughput,
        ]
    }

    fn bound(&self) -> Option<Bound> {
        None
    }

    fn statement(&self, _: &Plan) -> String {
        let kinds = [
            (self.output_above_bytes, "more output tokens than bytes"),
            (self.input_too_large, "more input tokens than any model takes"),
            (self.cached_above_input, "more cached than input tokens"),
            (self.reasoning_above_output, "more reasoning than output tokens"),
        ];
        let named: Vec<String> = kinds
            .iter()
            .filter(|(count, _)| *count > 0)
            .map(|(count, what)| format!("{count} with {what}"))
            .collect();
        format!(
            "the token counts of {} cannot be true ({}): {}",
            counted_replies(self.requests),
            percent(self.share),
            named.join(", ")
        )
    }

    fn advice(&self, plan: &Plan) -> String {
        format!(
            "Token metrics and the cache hit rate use these counts: inspect a reply, and what the api \
             {} makes of it. A service that hides its reasoning and does not count it apart also \
             reports more output tokens than it sends bytes.",
            plan.request.api
        )
    }
}
