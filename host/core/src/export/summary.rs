//! A point once it has ended.

use crate::sample::EndReason;

/// How a point or a run ended, in the words of exporters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ExportEnd {
    /// All requests were made, or the duration was over.
    #[default]
    Completed,
    /// The server was gone, or results or a plugin were lost.
    Failed,
    /// The user stopped it.
    Interrupted,
}

impl From<EndReason> for ExportEnd {
    fn from(reason: EndReason) -> Self {
        match reason {
            EndReason::Completed => Self::Completed,
            EndReason::Interrupted => Self::Interrupted,
            EndReason::ServerGone | EndReason::OutputFailed | EndReason::PluginFailed => {
                Self::Failed
            }
        }
    }
}

/// A quantile of a distribution.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Quantile {
    /// 0 to 1.
    pub q: f64,
    /// Its value, in the distribution's unit.
    pub value: f64,
}

/// Values of at most its bound, and at most 1 % below it. Buckets without values are left out, so the
/// bound of the bucket before may lie further down.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bucket {
    /// The largest value that it holds.
    pub upper_bound: f64,
    /// Values in this bucket alone.
    pub count: f64,
}

/// A metric over the requests of a point.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Distribution {
    /// The metric's name.
    pub metric: String,
    /// For people, without the unit.
    pub label: String,
    /// UCUM.
    pub unit: String,
    /// Number of values.
    pub count: f64,
    /// Their sum.
    pub sum: f64,
    /// The smallest.
    pub min: f64,
    /// The largest.
    pub max: f64,
    /// In ascending order.
    pub quantiles: Vec<Quantile>,
    /// In ascending order, without empty ones: an HdrHistogram's with 2 significant digits.
    pub buckets: Vec<Bucket>,
}

/// A point once it has ended.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ExportSummary {
    /// How it ended.
    pub end_reason: ExportEnd,
    /// When, in seconds on the point's clock.
    pub ended: f64,
    /// `valid`, `valid_with_warnings` or `not_valid`.
    pub verdict: String,
    /// What the checks found, a sentence each.
    pub warnings: Vec<String>,
    /// One a metric of [`summary_metrics`](super::ExportRun::summary_metrics), in their order.
    pub values: Vec<Option<f64>>,
    /// Metrics over the requests of the point.
    pub distributions: Vec<Distribution>,
    /// benchmark_summary.json as in the point's folder.
    pub benchmark_summary: String,
    /// benchmark_percentile.json as in the point's folder.
    pub benchmark_percentile: String,
}
