//! Requests were not prepared fast enough.

use crate::checks::{Bound, Evidence, Finding};
use crate::metrics::Metric;
use crate::plan::Plan;
use crate::words::times;
use serde::{Deserialize, Serialize};

/// Times the ready queue was empty, in percent of the requests sent, above which it is raised.
pub(crate) const RAISED: u64 = 1;

/// Too many of the slots or free workers found no prepared request.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Starved {
    /// How often.
    pub times: u64,
    /// What took longer.
    pub by: Stage,
}

/// A stage that prepares requests ahead of their schedule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// The dataset's `generate`.
    Dataset,
    /// The API plugin's `format`.
    Api,
}

impl Finding for Starved {
    fn find(_: &Plan, evidence: &Evidence) -> Vec<Self> {
        let health = &evidence.health;
        let by = if health.format > health.generate { Stage::Api } else { Stage::Dataset };
        let starved = health.starved * 100 > evidence.arrivals.sent * RAISED;
        Vec::from_iter(starved.then_some(Self { times: health.starved, by }))
    }

    fn invalidates(&self) -> bool {
        false
    }

    fn metrics(&self) -> Vec<Metric> {
        vec![Metric::DispatchDelay, Metric::RequestThroughput, Metric::OutputThroughput]
    }

    fn bound(&self) -> Option<Bound> {
        None
    }

    fn statement(&self, _: &Plan) -> String {
        format!("the ready queue was empty {} when a request was needed", times(self.times))
    }

    fn advice(&self, plan: &Plan) -> String {
        match self.by {
            Stage::Dataset => format!(
                "The dataset {} generates prompts more slowly than they are sent: lower the load, or \
                 use shorter prompts.",
                plan.request.dataset
            ),
            Stage::Api => format!(
                "The API plugin {} formats requests more slowly than they are sent: lower the load, or \
                 use smaller requests.",
                plan.request.api
            ),
        }
    }
}
