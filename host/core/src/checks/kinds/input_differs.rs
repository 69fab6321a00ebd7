//! The service counts other input tokens than the dataset that made the prompts.

use crate::checks::{Bound, Evidence, Finding};
use crate::metrics::Metric;
use crate::plan::Plan;
use crate::words::counted;
use serde::{Deserialize, Serialize};

/// By how much the counts may differ, in percent of the dataset's.
pub(crate) const RAISED: u64 = 1;

/// Usage and dataset differ too much over the first turns that have both counts.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct InputDiffers {
    /// Input tokens by the dataset, which made the prompts to length.
    pub dataset: u64,
    /// Input tokens by usage.
    pub usage: u64,
}

impl Finding for InputDiffers {
    fn find(_: &Plan, evidence: &Evidence) -> Vec<Self> {
        let found = Self { dataset: evidence.input.client, usage: evidence.input.usage };
        let differ = found.usage.abs_diff(found.dataset) * 100 > found.dataset * RAISED;
        Vec::from_iter(differ.then_some(found))
    }

    fn invalidates(&self) -> bool {
        false
    }

    fn metrics(&self) -> Vec<Metric> {
        vec![Metric::InputTokens, Metric::TotalThroughput]
    }

    fn bound(&self) -> Option<Bound> {
        let off = self.usage.abs_diff(self.dataset) as f64;
        (self.dataset > 0).then(|| Bound::Share(off / self.dataset as f64))
    }

    fn statement(&self, _: &Plan) -> String {
        let usage = counted(self.usage, "input token");
        format!("the service counts {usage} in prompts that were made to have {}", self.dataset)
    }

    fn advice(&self, plan: &Plan) -> String {
        match plan.request.in_chat {
            true => "Check that --tokenizer-path is the tokenizer of the served model, and that the \
                     server renders its chat template: options of the template belong in --extra-args \
                     as chat_template_kwargs, and tools or a default system prompt add tokens."
                .into(),
            false => "Check that --tokenizer-path is the tokenizer of the served model; add \
                      --apply-chat-template where the endpoint puts prompts into a chat template."
                .into(),
        }
    }
}
