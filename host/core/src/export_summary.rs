//! What exporters are given of a point once it has ended, made from its summary: one value for each
//! metric of a table, and the distributions.

mod distributions;
mod sweep;
mod table;

#[cfg(test)]
mod tests;

pub use sweep::{sweep_metrics, sweep_summary};

use crate::export::{ExportSummary, Metric};
use crate::summary::{Histograms, Summary};
use crate::words::sentence;

/// The metrics of summaries, in the order of their values.
pub fn summary_metrics() -> Vec<Metric> {
    table::rows().iter().map(table::SummaryMetric::metric).collect()
}

/// The reports of a point as its folder has them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Documents {
    /// benchmark_summary.json
    pub summary: String,
    /// benchmark_percentile.json
    pub percentile: String,
}

/// What exporters are given of a point that `ended`, in seconds on its clock.
pub fn export_summary(
    summary: &Summary,
    histograms: &Histograms,
    documents: Documents,
    ended: f64,
) -> ExportSummary {
    ExportSummary {
        end_reason: summary.end_reason.into(),
        ended,
        verdict: summary.verdict.name().into(),
        warnings: summary.warnings.iter().map(|warning| sentence(&warning.statement)).collect(),
        values: table::rows().iter().map(|row| row.value(summary)).collect(),
        distributions: distributions::distributions(summary, histograms),
        benchmark_summary: documents.summary,
        benchmark_percentile: documents.percentile,
    }
}
