//! The metrics of one point, as [`crate::metrics`] found them: plain values with their units.
//!
//! A metric that does not exist is `None`, never 0, -1 or NaN. How metrics are printed is the
//! report's business.

mod metrics;

pub use metrics::{Metric, Metrics};

use crate::Nanos;
use crate::checks::{Verdict, Warning};
use crate::percentile::Distribution;
use crate::plan::{Load, Objectives, TimestampSource};
use crate::record::TokenSource;
use crate::sample::EndReason;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Version of [`Summary`] as it is stored: raised when a field changes its meaning.
pub const SCHEMA: u32 = 1;

/// Everything that is said about one point.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Summary {
    /// [`SCHEMA`] at the time it was made.
    pub schema: u32,
    /// What was asked.
    pub point: Point,
    /// How the point ended.
    pub end_reason: EndReason,
    /// How far the metrics can be trusted.
    pub verdict: Verdict,
    /// How wrong the client's own stamps may be.
    pub error_bounds: ErrorBounds,
    /// Reasons to distrust metrics, the gravest first.
    pub warnings: Vec<Warning>,
    /// Percentiles that rest on few values.
    pub footnotes: Vec<Footnote>,
    /// Requests by how they ended.
    pub counts: Counts,
    /// Last end less first `sent`, warm-up excluded, in nanoseconds.
    pub duration: Option<Nanos>,
    /// Rates over the duration.
    pub throughput: Throughput,
    /// Distributions over the successful requests.
    pub metrics: Metrics,
    /// Token sums over the successful requests.
    pub tokens: Tokens,
    /// Requests in flight.
    pub concurrency: Concurrency,
    /// Slots asked and sent.
    pub arrivals: Arrivals,
    /// The same metrics without ramp and drain; none where nothing was in flight.
    pub steady: Option<Steady>,
    /// What connections did.
    pub connections: Connections,
    /// Frames and the reads that brought them.
    pub frames: Frames,
    /// Failures by class, the most frequent first.
    pub failures: Vec<Failure>,
}

/// What the point asked for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Point {
    /// Position in the sweep, from 0.
    pub index: u32,
    /// Name of the point and of its folder.
    pub name: String,
    /// The model's name, as sent.
    pub model: String,
    /// Name of the protocol plugin.
    pub api: String,
    /// Name of the dataset plugin.
    pub dataset: String,
    /// Where requests went.
    pub url: String,
    /// Whether replies were asked for as streams.
    pub stream: bool,
    /// How requests arrived.
    pub load: Load,
    /// Measured slots asked for.
    pub number: Option<u64>,
    /// Limit of dispatch, in nanoseconds.
    pub duration: Option<Nanos>,
    /// Seeds prompts, lengths and arrivals.
    pub seed: u64,
    /// Limits that a request must meet to count towards goodput.
    pub objectives: Objectives,
    /// The proxy used.
    pub proxy: Option<String>,
    /// Which stamp dates the frames: the one really had.
    pub timestamps: TimestampSource,
}

/// How wrong the client's own stamps may be, in nanoseconds; none where it is not known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ErrorBounds {
    /// TTFT of 99 % of the requests is at most this much too high.
    pub ttft: Option<Nanos>,
    /// 99 % of the gaps are at most this much too long or too short.
    pub itl: Option<Nanos>,
}

/// Percentiles that rest on fewer than 10 / (1 - q) values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Footnote {
    /// The metric.
    pub metric: Metric,
    /// Values it has.
    pub count: u64,
    /// The lowest such percentile, in tenths of a percent; all above it rest on few values too.
    pub from: u32,
}

/// Requests by how they ended. Only the last attempt of a request counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Counts {
    /// Succeeded and failed.
    pub total: u64,
    /// A whole reply with output.
    pub succeeded: u64,
    /// Anything else but dropped and cancelled.
    pub failed: u64,
    /// Slots that were scheduled and never sent; not in `total`.
    pub dropped: u64,
    /// Stopped by the user; not in `total`.
    pub cancelled: u64,
    /// Requests of the warm-up; in no metric.
    pub warmup: u64,
    /// Succeeded requests whose reply was a stream.
    pub streamed: u64,
    /// Attempts that failed and were tried again; not in `failed`.
    pub retried: u64,
    /// Succeeded requests that met every objective; none where none was given.
    pub good: Option<u64>,
}

impl Counts {
    /// Failed requests as a share of all, 0 to 1; none without requests.
    pub fn failed_share(&self) -> Option<f64> {
        (self.total > 0).then(|| self.failed as f64 / self.total as f64)
    }

    /// Requests that did not fail as a share of all, 0 to 1; 0 without requests.
    pub fn success_share(&self) -> f64 {
        self.failed_share().map_or(0.0, |failed| 1.0 - failed)
    }

    /// Requests that met every objective as a share of all, 0 to 1; none without requests, or where
    /// no objective was given. A dropped slot met none.
    pub fn good_share(&self) -> Option<f64> {
        let all = self.total + self.dropped;
        self.good.filter(|_| all > 0).map(|good| good as f64 / all as f64)
    }
}

impl Summary {
    /// Dropped slots as a share of those dropped and sent, 0 to 1; none where there are no slots.
    pub fn dropped_share(&self) -> Option<f64> {
        let all = self.counts.dropped + self.arrivals.sent;
        (all > 0).then(|| self.counts.dropped as f64 / all as f64)
    }
}

/// Rates over the point's duration, per second.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct Throughput {
    /// Succeeded requests.
    pub requests: Option<f64>,
    /// Output tokens of succeeded requests.
    pub output: Option<f64>,
    /// Input and output tokens of succeeded requests.
    pub total: Option<f64>,
    /// Requests that met every objective.
    pub goodput: Option<f64>,
}

/// Token sums over the succeeded requests. Each is absent where no reply told it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Tokens {
    /// Tokens of the prompts.
    pub input: Option<u64>,
    /// Tokens of the replies.
    pub output: Option<u64>,
    /// Prompt tokens served from a cache.
    pub cached: Option<u64>,
    /// Prompt tokens of the requests that told `cached`.
    pub cached_of: Option<u64>,
    /// Reply tokens spent on reasoning.
    pub reasoning: Option<u64>,
    /// Accepted prediction tokens.
    pub accepted: Option<u64>,
    /// Rejected prediction tokens.
    pub rejected: Option<u64>,
    /// Requests by where their input count is from.
    pub input_sources: BTreeMap<TokenSource, u64>,
    /// Requests by where their output count is from.
    pub output_sources: BTreeMap<TokenSource, u64>,
}

/// Requests in flight, from `sent` to `end`, failed ones included.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct Concurrency {
    /// Workers of a closed loop, or the cap of an open one.
    pub target: Option<u32>,
    /// Mean over the duration.
    pub mean: Option<f64>,
    /// The most at one moment.
    pub peak: u32,
}

/// Slots asked and sent.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct Arrivals {
    /// Requests a second that the plan asked for.
    pub target_rate: Option<f64>,
    /// Requests a second at which the slots sent were scheduled: (sent - 1) / (last scheduled - first scheduled);
    /// differs from `target_rate` by the chance in the draw. None without an arrival plan.
    pub scheduled_rate: Option<f64>,
    /// Requests a second really sent: (sent - 1) / (last sent - first sent), over the same slots.
    pub sent_rate: Option<f64>,
    /// Requests sent for the first time: the base of `late`.
    pub sent: u64,
    /// Of those, later than 1 ms after they were scheduled.
    pub late: u64,
    /// Of the late ones, those that opened their connection.
    pub late_connecting: u64,
}

/// The metrics over the steady window: from the first to the last moment at which the requests in
/// flight were at least 95 % of their plateau, the plateau being their median over the
/// time in which there were any.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Steady {
    /// When it began.
    pub start: Nanos,
    /// When it ended.
    pub end: Nanos,
    /// Median of the requests in flight over the time in which there were any.
    pub plateau: u32,
    /// Mean of the requests in flight over the window.
    pub concurrency: f64,
    /// Succeeded requests a second, each spread evenly over its time in flight.
    pub requests: f64,
    /// Output tokens a second, each reply's spread evenly from its first to its last output.
    pub output: Option<f64>,
    /// Input and output tokens a second, both spread as the output tokens are.
    pub total: Option<f64>,
    /// Mean of all gaps of the requests that `metrics` is over, in nanoseconds.
    pub mean_itl: Option<f64>,
    /// Distributions over the requests sent in the window; those over frames are absent.
    pub metrics: Metrics,
}

/// What connections did, warm-up excluded.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Connections {
    /// Attempts that opened a connection.
    pub opened: u64,
    /// Attempts sent over a connection that was open already.
    pub reused: u64,
    /// Attempts sent again because an idle connection had died.
    pub reopened: u64,
    /// Name resolution, in nanoseconds.
    pub dns: Option<Distribution>,
    /// TCP or Unix connect, in nanoseconds.
    pub tcp: Option<Distribution>,
    /// TLS handshake, in nanoseconds.
    pub tls: Option<Distribution>,
    /// Wait for a connection less the phases above, in nanoseconds.
    pub pool_wait: Option<Distribution>,
    /// Bytes of request bodies.
    pub bytes_sent: u64,
    /// Bytes of reply bodies.
    pub bytes_received: u64,
}

/// Output frames of succeeded streams and the reads that brought them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Frames {
    /// Frames with output.
    pub output: u64,
    /// Gaps between them: all frames but the first of each stream.
    pub gaps: u64,
    /// Of the gaps, those whose two frames one read completed: they look like 0.
    pub shared: u64,
}

/// Failures of one class.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// The class, e.g. `http_503`.
    pub class: String,
    /// Requests that failed so in the end.
    pub count: u64,
    /// Attempts that failed so and were tried again.
    pub retried: u64,
    /// The first one's words; empty where it had none.
    pub sample: String,
}
