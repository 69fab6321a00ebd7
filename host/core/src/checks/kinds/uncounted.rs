//! Output tokens that could not be counted.

use super::{percent, share_of};
use crate::checks::{Bound, Evidence, Finding};
use crate::metrics::Metric;
use crate::plan::Plan;
use crate::record::TokenSource;
use crate::words::counted;
use serde::{Deserialize, Serialize};

/// Successful requests without a count of their output tokens.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Uncounted {
    /// How many.
    pub requests: u64,
    /// Their share.
    pub share: f64,
}

impl Finding for Uncounted {
    fn find(_: &Plan, evidence: &Evidence) -> Vec<Self> {
        let requests = evidence.output_sources.get(&TokenSource::None).copied().unwrap_or(0);
        let share = share_of(requests, evidence.output_sources.values().sum());
        Vec::from_iter((requests > 0).then_some(Self { requests, share }))
    }

    fn invalidates(&self) -> bool {
        false
    }

    fn metrics(&self) -> Vec<Metric> {
        token_metrics()
    }

    fn bound(&self) -> Option<Bound> {
        Some(Bound::Share(self.share))
    }

    fn statement(&self, _: &Plan) -> String {
        format!(
            "output token counts are missing for {} ({})",
            counted(self.requests, "request"),
            percent(self.share)
        )
    }

    fn advice(&self, plan: &Plan) -> String {
        advice_on_counting(plan)
    }
}

/// The metrics that output token counts go into.
pub(super) fn token_metrics() -> Vec<Metric> {
    vec![Metric::OutputTokens, Metric::Tpot, Metric::OutputThroughput, Metric::TotalThroughput]
}

/// What to do to have all output tokens counted in the same way.
pub(super) fn advice_on_counting(plan: &Plan) -> String {
    let usage = if plan.request.stream { " (stream_options include_usage)" } else { "" };
    format!("Use --tokenizer-path, or make the service report usage{usage}.")
}
