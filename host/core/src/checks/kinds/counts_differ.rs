//! The service and the user's tokenizer disagree on the output tokens.

use crate::checks::{Bound, Evidence, Finding};
use crate::metrics::Metric;
use crate::plan::Plan;
use crate::words::counted;
use serde::{Deserialize, Serialize};

/// By how much the counts may differ, in percent of usage.
pub(crate) const RAISED: u64 = 10;

/// Usage and tokenizer differ too much over the requests that have both.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct CountsDiffer {
    /// Output tokens by usage.
    pub usage: u64,
    /// Output tokens by the tokenizer.
    pub tokenizer: u64,
}

impl Finding for CountsDiffer {
    fn find(_: &Plan, evidence: &Evidence) -> Vec<Self> {
        let found = Self { usage: evidence.output.usage, tokenizer: evidence.output.client };
        let differ = found.usage.abs_diff(found.tokenizer) * 100 > found.usage * RAISED;
        Vec::from_iter(differ.then_some(found))
    }

    fn invalidates(&self) -> bool {
        false
    }

    fn metrics(&self) -> Vec<Metric> {
        super::uncounted::token_metrics()
    }

    fn bound(&self) -> Option<Bound> {
        let off = self.usage.abs_diff(self.tokenizer) as f64;
        (self.usage > 0).then(|| Bound::Share(off / self.usage as f64))
    }

    fn statement(&self, _: &Plan) -> String {
        let reported = counted(self.usage, "output token");
        format!("the service reports {reported} where the tokenizer counts {}", self.tokenizer)
    }

    fn advice(&self, _: &Plan) -> String {
        "Check that --tokenizer-path is the tokenizer of the served model; metrics use the service's \
         count."
            .into()
    }
}
