//! Output tokens that were not all counted in the same way.

use super::{percent, share_of};
use crate::checks::{Bound, Evidence, Finding};
use crate::metrics::Metric;
use crate::plan::Plan;
use crate::record::TokenSource;
use crate::words::counted;
use serde::{Deserialize, Serialize};

/// Output tokens were counted in different ways.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct UnlikeSources {
    /// Requests whose count is not from the most frequent source.
    pub requests: u64,
    /// Their share of those counted.
    pub share: f64,
}

impl Finding for UnlikeSources {
    fn find(_: &Plan, evidence: &Evidence) -> Vec<Self> {
        let sources = evidence.output_sources.iter();
        let by_source =
            sources.filter(|(source, _)| **source != TokenSource::None).map(|(_, n)| *n);
        let counted: u64 = by_source.clone().sum();
        let requests = counted - by_source.max().unwrap_or(0);
        let found = Self { requests, share: share_of(requests, counted) };
        Vec::from_iter((requests > 0).then_some(found))
    }

    fn invalidates(&self) -> bool {
        false
    }

    fn metrics(&self) -> Vec<Metric> {
        super::uncounted::token_metrics()
    }

    fn bound(&self) -> Option<Bound> {
        None
    }

    fn statement(&self, _: &Plan) -> String {
        format!(
            "output tokens of {} ({}) were counted differently from the rest",
            counted(self.requests, "request"),
            percent(self.share)
        )
    }

    fn advice(&self, plan: &Plan) -> String {
        super::uncounted::advice_on_counting(plan)
    }
}
