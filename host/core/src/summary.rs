//! The result of one point: plain values with their units, made from records by [`SummaryBuilder`].
//!
//! A metric that does not exist is `None`, never 0, -1 or NaN. How metrics are printed is the
//! report's business.

mod builder;
mod gaps;
mod goodput;
mod groups;
mod histograms;
mod in_flight;
mod replies;
mod service;
mod steady;
mod tally;

pub use builder::SummaryBuilder;
pub(crate) use goodput::meets;
pub use groups::{GROUP_METRICS, Group, Grouped, LabelGroups, MAX_GROUPS};
pub use histograms::Histograms;
pub(crate) use tally::count;

use crate::Nanos;
use crate::checks::{Verdict, Warning};
use crate::metrics::{Metric, Metrics, Over};
use crate::plan::{Load, Objectives, PluginVersion, TimestampSource};
use crate::sample::EndReason;
use crate::totals::{
    Arrivals, Concurrency, Connections, Counts, Failure, Frames, Throughput, Tokens, Totals,
};
use serde::{Deserialize, Serialize};

#[cfg(test)]
pub(crate) mod tests;

/// Version of [`Summary`] as it is stored: raised when a field changes its meaning.
pub const SCHEMA: u32 = 1;

/// The result of one point.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Summary {
    /// [`SCHEMA`] at the time it was made.
    pub schema: u32,
    /// What the point was to do.
    pub point: Point,
    /// How the point ended.
    pub end_reason: EndReason,
    /// How far the metrics can be trusted.
    pub verdict: Verdict,
    /// How wrong the client's own timestamps may be.
    pub error_bounds: ErrorBounds,
    /// Warnings of the checks, those that invalidate the point first.
    pub warnings: Vec<Warning>,
    /// Percentiles that rest on too few values.
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
    /// Slots scheduled and sent.
    pub arrivals: Arrivals,
    /// The same metrics without ramp and drain; none where nothing was in flight.
    pub steady: Option<Steady>,
    /// The main metrics by label.
    pub grouped: Grouped,
    /// What connections did.
    pub connections: Connections,
    /// Frames and the reads that brought them.
    pub frames: Frames,
    /// Failures by class, the most frequent first.
    pub failures: Vec<Failure>,
}

/// What the point was to do.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Point {
    /// Position in the sweep, from 0.
    pub index: u32,
    /// Name of the point and of its folder.
    pub name: String,
    /// The model's name, as sent.
    pub model: String,
    /// Name of the API plugin.
    pub api: String,
    /// Name of the dataset plugin.
    pub dataset: String,
    /// The plugins, with version and digest.
    pub plugins: Vec<PluginVersion>,
    /// Where requests went.
    pub url: String,
    /// Whether requests asked for streamed replies.
    pub stream: bool,
    /// How requests arrived.
    pub load: Load,
    /// Measured slots.
    pub number: Option<u64>,
    /// Limit of dispatch, in nanoseconds.
    pub duration: Option<Nanos>,
    /// Seeds prompts, lengths and arrivals.
    pub seed: u64,
    /// Limits that a request must meet to count towards goodput.
    pub objectives: Objectives,
    /// The proxy used.
    pub proxy: Option<String>,
    /// Which timestamp dates the frames: the one that was really available.
    pub timestamps: TimestampSource,
}

/// How wrong the client's own timestamps may be, in nanoseconds; none where it is not known.
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

impl Summary {
    /// The value of a metric of the point as a whole; none for a distribution, and where the point
    /// does not have it.
    pub fn value(&self, metric: Metric) -> Option<f64> {
        match metric.definition().over {
            Over::Point { value, .. } => value(&self.totals()),
            Over::Requests(_) | Over::FirstAttempts(_) | Over::Frames => None,
        }
    }

    /// The same as a share of all requests or slots, 0 to 1; none where there is no such share.
    pub fn share(&self, metric: Metric) -> Option<f64> {
        match metric.definition().over {
            Over::Point { share, .. } => share.and_then(|share| share(&self.totals())),
            Over::Requests(_) | Over::FirstAttempts(_) | Over::Frames => None,
        }
    }

    fn totals(&self) -> Totals<'_> {
        Totals {
            counts: &self.counts,
            throughput: &self.throughput,
            concurrency: &self.concurrency,
            arrivals: &self.arrivals,
        }
    }
}

/// The metrics over the steady window: from the first to the last moment at which the requests in
/// flight were at least 95 % of their plateau, the plateau being their median over the time in which
/// there were any.
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
