//! The client read frames long after they arrived.

use super::millis;
use crate::Nanos;
use crate::checks::{Bound, Evidence, Finding};
use crate::metrics::Metric;
use crate::plan::Plan;
use serde::{Deserialize, Serialize};

/// The part of the median gap that the read lag's P99 may reach.
pub(crate) const OF_GAP: u64 = 10;

/// The limit, in nanoseconds, for however short and however long a gap.
pub(crate) const LIMITS: (Nanos, Nanos) = (100_000, 1_000_000);

/// The client read 1 % of the frames too long after they arrived. Where nothing merged, kernel timestamps
/// are right all the same: this bounds their error and does not measure it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct ReadLag {
    /// Median.
    pub p50: Nanos,
    /// 99th percentile.
    pub p99: Nanos,
    /// The largest.
    pub max: Nanos,
}

impl Finding for ReadLag {
    fn find(_: &Plan, evidence: &Evidence) -> Vec<Self> {
        let gap = evidence.metrics.get(Metric::Itl).map(|itl| itl.median()).filter(|&gap| gap > 0);
        let limit = gap.map_or(LIMITS.1, |gap| (gap / OF_GAP).clamp(LIMITS.0, LIMITS.1));
        let lag = evidence.metrics.get(Metric::ReadLag).filter(|lag| lag.p99() > limit);
        Vec::from_iter(lag.map(|lag| Self { p50: lag.median(), p99: lag.p99(), max: lag.max() }))
    }

    fn invalidates(&self) -> bool {
        false
    }

    fn metrics(&self) -> Vec<Metric> {
        vec![Metric::Ttft, Metric::Itl]
    }

    fn bound(&self) -> Option<Bound> {
        Some(Bound::Nanos(self.p99))
    }

    fn statement(&self, _: &Plan) -> String {
        format!(
            "the client read frames late: {} at the median, {} at P99, {} at worst",
            millis(self.p50),
            millis(self.p99),
            millis(self.max)
        )
    }

    fn advice(&self, plan: &Plan) -> String {
        super::cpu_busy::advice_on_threads(plan)
    }
}
