//! Streams that arrive whole at one moment.

use super::{counted_replies, percent, share_of};
use crate::checks::{Bound, Evidence, Finding};
use crate::metrics::Metric;
use crate::plan::Plan;
use serde::{Deserialize, Serialize};

/// Such streams, as a share of those of more than one token, above which it is raised.
pub(crate) const RAISED: f64 = 0.05;

/// Too many of the streamed replies of more than one token came whole at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct OnePiece {
    /// How many.
    pub requests: u64,
    /// Their share.
    pub share: f64,
}

impl Finding for OnePiece {
    fn find(_: &Plan, evidence: &Evidence) -> Vec<Self> {
        let requests = evidence.replies.one_piece;
        let share = share_of(requests, evidence.replies.of_several_tokens);
        Vec::from_iter((share > RAISED).then_some(Self { requests, share }))
    }

    fn invalidates(&self) -> bool {
        false
    }

    fn metrics(&self) -> Vec<Metric> {
        vec![Metric::Ttft, Metric::Tpot, Metric::Itl, Metric::ItlPerToken]
    }

    fn bound(&self) -> Option<Bound> {
        None
    }

    fn statement(&self, _: &Plan) -> String {
        format!(
            "{} of more than one token ({}) arrived in one piece, so that TTFT is the latency",
            counted_replies(self.requests),
            percent(self.share)
        )
    }

    fn advice(&self, _: &Plan) -> String {
        "Check whether the service streams, or a proxy in front of it buffers streams: TTFT and ITL \
         say nothing about decoding here."
            .into()
    }
}
