//! One attempt, as exporters are given it, and which attempts they are given when.

use crate::Nanos;
use crate::metrics::{Metric, Row};
use crate::record::Record;
use crate::trace::{AttemptKey, TraceIds, Traceparent};
use std::sync::Arc;

#[cfg(test)]
mod tests;

/// The requests that an exporter wants, by its manifest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum RequestFilter {
    /// None: rows and summaries alone.
    #[default]
    Nothing,
    /// Those that failed.
    Failed,
    /// Those that `traceparent` marked as sampled, those that failed, and the slow tail of the point.
    Sampled,
    /// All of them.
    All,
}

/// One attempt.
#[derive(Debug, Clone, PartialEq)]
pub struct ExportRequest {
    /// As it was recorded.
    pub record: Arc<Record>,
    /// None: requests of the point carry no `traceparent`.
    pub trace: Option<TraceIds>,
}

impl ExportRequest {
    /// An attempt of the point `point`, whose requests carry `traceparent`.
    pub fn new(record: Arc<Record>, point: u32, traceparent: Option<&Traceparent>) -> Self {
        let trace = traceparent.map(|traceparent| traceparent.ids(AttemptKey::of(point, &record)));
        Self { record, trace }
    }

    /// Whether its trace is sampled.
    fn sampled(&self) -> bool {
        self.trace.is_some_and(|trace| trace.sampled)
    }

    /// Whether it failed: every attempt, also one that was tried again.
    fn failed(&self) -> bool {
        let outcome = self.record.outcome;
        !outcome.is_ok() && !outcome.is_beside()
    }

    /// Its latency, if that is one of the point's.
    fn latency(&self) -> Option<Nanos> {
        let row = Row::of(&self.record, true)?;
        Metric::Latency.of(&row).filter(|_| row.ok && !self.record.warmup)
    }
}

impl RequestFilter {
    /// Whether `request` is given while its point goes on.
    pub fn selects(self, request: &ExportRequest) -> bool {
        match self {
            Self::Nothing => false,
            Self::Failed => request.failed(),
            Self::Sampled => request.sampled() || request.failed(),
            Self::All => true,
        }
    }

    /// Whether `request` is given once its point has ended, and not before: it is of the slow tail,
    /// whose latency is above the point's 99th percentile, `p99`.
    pub fn selects_slow(self, request: &ExportRequest, p99: Option<Nanos>) -> bool {
        let slow = || request.latency().zip(p99).is_some_and(|(latency, p99)| latency > p99);
        self == Self::Sampled && !self.selects(request) && slow()
    }
}
