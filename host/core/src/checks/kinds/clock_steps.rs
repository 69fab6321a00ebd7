//! The clock of the kernel's timestamps was stepped.

use crate::checks::{Bound, Evidence, Finding};
use crate::metrics::Metric;
use crate::plan::{Plan, TimestampSource};
use crate::words::times;
use serde::{Deserialize, Serialize};

/// The wall clock was stepped; kernel timestamps are taken from it, user timestamps are not.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct ClockSteps {
    /// How often.
    pub steps: u64,
}

impl Finding for ClockSteps {
    fn find(_: &Plan, evidence: &Evidence) -> Vec<Self> {
        let steps = evidence.health.clock_steps;
        let kernel = evidence.timestamps == TimestampSource::Kernel;
        Vec::from_iter((kernel && steps > 0).then_some(Self { steps }))
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
        format!("the wall clock, which kernel timestamps use, was stepped {}", times(self.steps))
    }

    fn advice(&self, _: &Plan) -> String {
        "Use --timestamps user, or make time synchronisation slew the clock only.".into()
    }
}
