//! What the engine measures of itself, once a second, and how a point ended.

use crate::Nanos;
use serde::{Deserialize, Serialize};

/// The engine's own state over about one second. Counters are since the last sample.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Sample {
    /// When it was taken.
    pub at: Nanos,
    /// Requests in flight.
    pub in_flight: u32,
    /// Formatted requests that wait to be sent.
    pub ready: u32,
    /// Times the ready queue was empty when a request was scheduled.
    pub starved: u64,
    /// Raw bytes that wait for interpreters.
    pub backlog: u64,
    /// Times dispatch waited for interpreters, or dropped a request because of them.
    pub stalls: u64,
    /// Busy share of the busiest engine thread, 0 to 1.
    pub cpu: f64,
    /// Worst lateness of the pacing timer, in nanoseconds.
    pub timer_late: Nanos,
    /// Time spent in a dataset's `generate`, in nanoseconds.
    pub generate: Nanos,
    /// Time spent in an API plugin's `format`, in nanoseconds.
    pub format: Nanos,
    /// Time spent reading replies, in nanoseconds.
    pub interpret: Nanos,
    /// Steps of the wall clock noticed.
    pub clock_steps: u32,
    /// Plugin instances thrown away after a trap or a limit.
    pub plugin_restarts: u32,
    /// Prompts whose length could not be made exact.
    pub inexact_prompts: u64,
    /// Times a worker waited because the service had answered 429 or 503.
    pub refusal_waits: u64,
    /// How long workers waited for that reason, in nanoseconds, summed over workers.
    pub refusal_wait: Nanos,
}

/// How a point ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EndReason {
    /// All requests were made, or the duration was over.
    #[default]
    Completed,
    /// The user stopped it.
    Interrupted,
    /// Only connection failures for 30 seconds.
    ServerGone,
    /// Records could not be written.
    OutputFailed,
    /// A plugin failed under `--on-plugin-failure fail-run`.
    PluginFailed,
}

/// Facts about a point that no record holds.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct PointEnd {
    /// How it ended.
    pub end_reason: EndReason,
    /// When the last thing happened.
    pub at: Nanos,
    /// Whether kernel timestamps were used; false: user-space timestamps everywhere.
    pub kernel_timestamps: bool,
    /// The proxy used, where there was one.
    pub proxy: Option<String>,
}
