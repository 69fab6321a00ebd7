//! Kernel timestamps were not available.

use crate::checks::{Bound, Evidence, Finding};
use crate::metrics::Metric;
use crate::plan::{Plan, TimestampSource};
use serde::{Deserialize, Serialize};

/// Kernel timestamps were wanted and not available.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct UserTimestamps {
    /// Because HTTP/2 frames are timestamped when they are polled.
    pub http2: bool,
}

impl Finding for UserTimestamps {
    fn find(plan: &Plan, evidence: &Evidence) -> Vec<Self> {
        let fell_back = plan.engine.timestamps == TimestampSource::Kernel
            && evidence.timestamps == TimestampSource::User;
        let found = Self { http2: plan.target.http2 };
        Vec::from_iter((fell_back && evidence.counts.streamed > 0).then_some(found))
    }

    fn invalidates(&self) -> bool {
        false
    }

    fn metrics(&self) -> Vec<Metric> {
        vec![Metric::Ttft, Metric::Itl]
    }

    fn bound(&self) -> Option<Bound> {
        None
    }

    fn statement(&self, _: &Plan) -> String {
        match self.http2 {
            true => {
                "HTTP/2 frames are timestamped when the client polls them, not on arrival".into()
            }
            false => {
                "the kernel gave no receive times, so frames are timestamped after they are read"
                    .into()
            }
        }
    }

    fn advice(&self, _: &Plan) -> String {
        match self.http2 {
            true => "Measure without --http2 to get kernel timestamps.".into(),
            false => "Run on Linux over TCP to get kernel timestamps, or accept --timestamps user."
                .into(),
        }
    }
}
