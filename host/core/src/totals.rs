//! What is counted over a point as a whole: plain values with their units. How records are counted
//! is the business of [`crate::summary`].
//!
//! A value that does not exist is `None`, never 0, -1 or NaN.

use crate::Nanos;
use crate::percentile::Distribution;
use crate::record::TokenSource;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A request sent more than this after its scheduled time is late, in nanoseconds.
pub const LATE: Nanos = 1_000_000;

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

    /// Dropped slots as a share of those dropped and those `sent`, 0 to 1; none without slots.
    pub fn dropped_share(&self, sent: u64) -> Option<f64> {
        let all = self.dropped + sent;
        (all > 0).then(|| self.dropped as f64 / all as f64)
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

/// Token sums over the succeeded requests. Each is absent where no reply gave it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Tokens {
    /// Tokens of the prompts.
    pub input: Option<u64>,
    /// Tokens of the replies.
    pub output: Option<u64>,
    /// Prompt tokens served from a cache.
    pub cached: Option<u64>,
    /// Prompt tokens of the requests whose reply gave `cached`.
    pub cached_of: Option<u64>,
    /// Reply tokens spent on reasoning.
    pub reasoning: Option<u64>,
    /// Accepted prediction tokens.
    pub accepted: Option<u64>,
    /// Rejected prediction tokens.
    pub rejected: Option<u64>,
    /// Requests by the source of their input count.
    pub input_sources: BTreeMap<TokenSource, u64>,
    /// Requests by the source of their output count.
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

/// Slots scheduled and sent.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct Arrivals {
    /// Requests a second that the plan asks for.
    pub target_rate: Option<f64>,
    /// Requests a second at which the slots sent were scheduled:
    /// (sent - 1) / (last scheduled - first scheduled). Differs from `target_rate` by the chance in
    /// the draw. None without an arrival plan.
    pub scheduled_rate: Option<f64>,
    /// Requests a second really sent: (sent - 1) / (last sent - first sent), over the same slots.
    pub sent_rate: Option<f64>,
    /// Requests sent, first attempts only: the base of `late`.
    pub sent: u64,
    /// Of those, sent more than [`LATE`] after they were scheduled.
    pub late: u64,
    /// Of the late ones, those that opened their connection.
    pub late_connecting: u64,
}

/// What connections did, warm-up excluded.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Connections {
    /// Attempts that opened a connection.
    pub opened: u64,
    /// Attempts sent over a connection that was already open.
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
    /// Of the gaps, those whose two frames one read completed: they appear as 0.
    pub shared: u64,
}

/// Failures of one class.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// The class, e.g. `http_503`.
    pub class: String,
    /// Requests whose last attempt failed so.
    pub count: u64,
    /// Attempts that failed so and were tried again.
    pub retried: u64,
    /// The error text of the first; empty where it had none.
    pub sample: String,
}

/// Everything that a metric of the point as a whole is taken from.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Totals<'a> {
    pub(crate) counts: &'a Counts,
    pub(crate) throughput: &'a Throughput,
    pub(crate) concurrency: &'a Concurrency,
    pub(crate) arrivals: &'a Arrivals,
}
