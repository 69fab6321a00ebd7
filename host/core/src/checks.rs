//! Reasons to distrust a metric, and the verdict they add up to.
//!
//! The engine measures itself while it measures the service; what it found is weighed here against
//! documented thresholds. Where it stops: [`crate::metrics`] collects the evidence, the report
//! prints the result.

mod advice;
mod assess;
mod catalog;
mod wording;

pub(crate) use assess::assess;
pub use catalog::{Check, Part};

use crate::Nanos;
use crate::sample::Sample;
use crate::summary::Metric;
use serde::{Deserialize, Serialize};

#[cfg(test)]
mod tests;

/// How far a point's metrics can be trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Nothing speaks against them.
    Valid,
    /// Some metrics are touched by a warning.
    ValidWithWarnings,
    /// A invalidating warning: the metrics do not answer what was asked.
    NotValid,
}

/// One reason to distrust metrics.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Warning {
    /// What was found.
    pub check: Check,
    /// Whether it makes the whole point not valid.
    pub invalidating: bool,
    /// The metrics it touches.
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

impl Verdict {
    /// The verdict that `warnings` add up to.
    pub fn of(warnings: &[Warning]) -> Self {
        match warnings {
            [] => Self::Valid,
            some if some.iter().any(|warning| warning.invalidating) => Self::NotValid,
            _ => Self::ValidWithWarnings,
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

/// What [`assess`] weighs beside the summary's own metrics.
#[derive(Debug, Clone, Default)]
pub(crate) struct Evidence {
    /// The engine's samples, folded.
    pub(crate) health: EngineHealth,
    /// Attempts that ran into a limit of this machine, and requests that were never sent for it.
    pub(crate) local_limits: (u64, u64),
    /// Successful replies that lack what metrics are made of.
    pub(crate) replies: Replies,
    /// Output tokens by usage, and by the tokenizer, of the requests that have both.
    pub(crate) output: (u64, u64),
    /// Input tokens by usage, and as the dataset made them, of the requests that have both.
    pub(crate) input: (u64, u64),
    /// Means of a metric over the halves of the steady window that differ more than chance.
    pub(crate) drift: Option<Drift>,
}

/// Counts of successful replies that lack what metrics are made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Replies {
    /// Streams of two tokens or more in which no output was found.
    pub(crate) without_text: u64,
    /// Replies with output whose usage counts no token.
    pub(crate) zero_usage: u64,
    /// Streams with output of more than one token, or of who knows how many.
    pub(crate) of_several_tokens: u64,
    /// Of those, the ones whose first and last output came at one moment.
    pub(crate) one_piece: u64,
    /// Replies that miss an objective on TTFT for want of one.
    pub(crate) without_ttft: u64,
    /// Replies that miss an objective on TPOT for want of one, of a single choice.
    pub(crate) without_tpot: u64,
}

/// A metric that moved between the halves of the steady window.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Drift {
    pub(crate) metric: Metric,
    /// Mean over the requests sent in the first half, in nanoseconds.
    pub(crate) first: f64,
    /// Mean over the requests sent in the second half, in nanoseconds.
    pub(crate) second: f64,
}

/// The engine's samples, folded.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct EngineHealth {
    pub(crate) samples: u64,
    /// Samples in which a thread was busy for [`CPU_BUSY`] of the time or more.
    pub(crate) busy: u64,
    pub(crate) worst_cpu: f64,
    /// Samples in which the pacing timer was more than [`TIMER_LATE`] late.
    pub(crate) timer_late: u64,
    pub(crate) worst_timer: Nanos,
    pub(crate) starved: u64,
    pub(crate) stalls: u64,
    pub(crate) peak_backlog: u64,
    pub(crate) generate: Nanos,
    pub(crate) format: Nanos,
    pub(crate) clock_steps: u64,
    pub(crate) plugin_restarts: u64,
    pub(crate) inexact_prompts: u64,
    pub(crate) refusal_waits: u64,
    pub(crate) refusal_wait: Nanos,
}

/// An engine thread that is busy for this share of a second has no room for bursts.
pub const CPU_BUSY: f64 = 0.95;

/// Lateness of the pacing timer that is worth a word, in nanoseconds.
pub const TIMER_LATE: Nanos = 1_000_000;

impl EngineHealth {
    /// Folds in a sample.
    pub(crate) fn see(&mut self, sample: &Sample) {
        self.samples += 1;
        self.busy += u64::from(sample.cpu >= CPU_BUSY);
        self.worst_cpu = self.worst_cpu.max(sample.cpu);
        self.timer_late += u64::from(sample.timer_late > TIMER_LATE);
        self.worst_timer = self.worst_timer.max(sample.timer_late);
        self.starved += sample.starved;
        self.stalls += sample.stalls;
        self.peak_backlog = self.peak_backlog.max(sample.backlog);
        self.generate += sample.generate;
        self.format += sample.format;
        self.clock_steps += u64::from(sample.clock_steps);
        self.plugin_restarts += u64::from(sample.plugin_restarts);
        self.inexact_prompts += sample.inexact_prompts;
        self.refusal_waits += sample.refusal_waits;
        self.refusal_wait += sample.refusal_wait;
    }
}
