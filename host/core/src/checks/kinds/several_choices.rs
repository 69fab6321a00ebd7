//! Requests for several choices, whose frames nothing tells apart.

use crate::checks::{Bound, Evidence, Finding};
use crate::metrics::Metric;
use crate::plan::Plan;
use serde::{Deserialize, Serialize};

/// Requests asked for several choices, whose frames nothing tells apart: the times between the tokens
/// of one choice have no metric.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct SeveralChoices {
    /// How many.
    pub choices: u32,
}

impl Finding for SeveralChoices {
    fn find(plan: &Plan, evidence: &Evidence) -> Vec<Self> {
        let choices = plan.request.choices;
        let found = choices > 1 && evidence.counts.streamed > 0;
        Vec::from_iter(found.then_some(Self { choices }))
    }

    fn invalidates(&self) -> bool {
        false
    }

    fn metrics(&self) -> Vec<Metric> {
        vec![Metric::Tpot, Metric::Itl, Metric::ItlPerToken, Metric::DecodeRate]
    }

    fn bound(&self) -> Option<Bound> {
        None
    }

    fn statement(&self, _: &Plan) -> String {
        format!(
            "each request asked for {} choices, whose frames are interleaved, so the times between \
             the tokens of one choice are not known",
            self.choices
        )
    }

    fn advice(&self, plan: &Plan) -> String {
        match plan.objectives.tpot {
            Some(_) => {
                "Request one choice: without TPOT, every request misses its objective.".into()
            }
            None => {
                "Request one choice to see decoding; TTFT, latency and throughput are valid.".into()
            }
        }
    }
}
