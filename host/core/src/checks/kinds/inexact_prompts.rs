//! Prompts whose length is not exactly the one wanted.

use crate::checks::{Bound, Evidence, Finding};
use crate::metrics::Metric;
use crate::plan::Plan;
use crate::words::counted;
use serde::{Deserialize, Serialize};

/// Prompts whose length could not be made exact.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct InexactPrompts {
    /// How many.
    pub prompts: u64,
}

impl Finding for InexactPrompts {
    fn find(_: &Plan, evidence: &Evidence) -> Vec<Self> {
        let prompts = evidence.health.inexact_prompts;
        Vec::from_iter((prompts > 0).then_some(Self { prompts }))
    }

    fn invalidates(&self) -> bool {
        false
    }

    fn metrics(&self) -> Vec<Metric> {
        vec![Metric::InputTokens, Metric::TotalThroughput]
    }

    fn bound(&self) -> Option<Bound> {
        None
    }

    fn statement(&self, _: &Plan) -> String {
        format!("the length of {} could not be made exact", counted(self.prompts, "prompt"))
    }

    fn advice(&self, _: &Plan) -> String {
        "Prompts are slightly shorter or longer than requested; see the input tokens.".into()
    }
}
