//! Reasons to distrust a metric, and the verdict that they add up to.
//!
//! The engine measures itself while it measures the service; `Evidence` of both is held against
//! documented thresholds here, each check in a file of its own under `kinds`. Where it stops:
//! [`crate::summary`] collects the evidence, the report prints the warnings.

mod evidence;
mod kinds;

pub(crate) use evidence::{
    EngineHealth, Evidence, Halves, Impossible, LocalLimitCounts, Moments, Replies, TokenCounts,
};
pub use kinds::*;

use crate::Nanos;
use crate::metrics::Metric;
use crate::plan::Plan;
use serde::{Deserialize, Serialize};

#[cfg(test)]
mod tests;

/// How far a point's metrics can be trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// No check found anything.
    Valid,
    /// Some metrics are affected by what a check found.
    ValidWithWarnings,
    /// What a check found makes the metrics say nothing about what the point was to measure.
    NotValid,
}

/// One reason to distrust metrics.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Warning {
    /// What was found.
    pub check: Check,
    /// Whether it makes the whole point not valid.
    pub invalidating: bool,
    /// The metrics it affects.
    pub metrics: Vec<Metric>,
    /// How far they may be off, where that is known.
    pub bound: Option<Bound>,
    /// What was found, in one sentence.
    pub statement: String,
    /// What to do about it under this point's settings.
    pub advice: String,
}

/// How far a metric may be off.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Bound {
    /// Nanoseconds.
    Nanos(Nanos),
    /// A share of the metric, 0 to 1.
    Share(f64),
}

/// A check, implemented by what it finds: when it is raised, and everything that is said then.
pub(crate) trait Finding {
    /// What the check finds; mostly nothing.
    fn find(plan: &Plan, evidence: &Evidence) -> Vec<Self>
    where
        Self: Sized;

    /// Whether it makes the whole point not valid.
    fn invalidates(&self) -> bool;

    /// The metrics it affects.
    fn metrics(&self) -> Vec<Metric>;

    /// How far they may be off, where that is known.
    fn bound(&self) -> Option<Bound>;

    /// What was found, in one sentence without its capital and full stop.
    fn statement(&self, plan: &Plan) -> String;

    /// What to do about it under the settings of `plan`.
    fn advice(&self, plan: &Plan) -> String;
}

/// The warnings that `evidence` gives rise to, those that invalidate the point first.
pub(crate) fn assess(plan: &Plan, evidence: &Evidence) -> Vec<Warning> {
    let found = find_all(plan, evidence);
    let mut warnings: Vec<Warning> = found.into_iter().map(|check| check.warning(plan)).collect();
    warnings.sort_by_key(|warning| !warning.invalidating);
    warnings
}

impl Check {
    /// The warning that it is.
    pub(crate) fn warning(self, plan: &Plan) -> Warning {
        let finding = self.finding();
        Warning {
            invalidating: finding.invalidates(),
            metrics: finding.metrics(),
            bound: finding.bound(),
            statement: finding.statement(plan),
            advice: finding.advice(plan),
            check: self,
        }
    }
}

impl Verdict {
    /// The verdict that `warnings` add up to.
    pub fn of(warnings: &[Warning]) -> Self {
        match warnings {
            [] => Self::Valid,
            some if some.iter().any(|warning| warning.invalidating) => Self::NotValid,
            _ => Self::ValidWithWarnings,
        }
    }

    /// Its name in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Valid => "valid",
            Self::ValidWithWarnings => "valid_with_warnings",
            Self::NotValid => "not_valid",
        }
    }

    /// The verdict in words.
    pub fn label(self) -> &'static str {
        match self {
            Self::Valid => "valid",
            Self::ValidWithWarnings => "valid with warnings",
            Self::NotValid => "not valid",
        }
    }
}
