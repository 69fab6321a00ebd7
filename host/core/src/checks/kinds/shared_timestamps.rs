//! Frames that came in one read: the gaps between them are not known.

use super::{percent, share_of};
use crate::checks::{Bound, Evidence, Finding};
use crate::metrics::Metric;
use crate::plan::Plan;
use serde::{Deserialize, Serialize};

/// Gaps within one read, as a share of all, above which it is raised.
pub(crate) const RAISED: f64 = 0.05;

/// Too many of the gaps are between frames that one read completed.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct SharedTimestamps {
    /// Their share.
    pub share: f64,
}

impl Finding for SharedTimestamps {
    fn find(_: &Plan, evidence: &Evidence) -> Vec<Self> {
        let share = share_of(evidence.frames.shared, evidence.frames.gaps);
        Vec::from_iter((share > RAISED).then_some(Self { share }))
    }

    fn invalidates(&self) -> bool {
        false
    }

    fn metrics(&self) -> Vec<Metric> {
        vec![Metric::Itl, Metric::ItlPerToken]
    }

    fn bound(&self) -> Option<Bound> {
        None
    }

    fn statement(&self, _: &Plan) -> String {
        let share = percent(self.share);
        format!("{share} of the gaps are between frames that came in one read, and appear as 0")
    }

    fn advice(&self, _: &Plan) -> String {
        "Judge decoding by TPOT: the service, or a proxy in front of it, sends several frames at \
         once, or the client reads too late (see read lag)."
            .into()
    }
}
