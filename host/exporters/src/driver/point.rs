//! A point in the making: its rows, its summary, and how far it was read.

use loadwright_core::Nanos;
use loadwright_core::export::{ExportPoint, ExportSummary, Row};
use loadwright_core::export_summary::{Documents, export_summary};
use loadwright_core::interval::RowBuilder;
use loadwright_core::plan::{Plan, TimestampSource};
use loadwright_core::ports::{Entry, EntryKind, StoredPoint};
use loadwright_core::sample::{EndReason, PointEnd};
use loadwright_core::summary::{Histograms, Summary, SummaryBuilder};

/// What was read of a point.
pub(super) struct PointFold {
    summary: SummaryBuilder,
    plan: Plan,
    /// The last id that was read.
    pub(super) read: u64,
    last: Nanos,
    kernel: bool,
}

/// A point once it has ended.
pub(super) struct EndedPoint {
    pub(super) summary: Summary,
    histograms: Histograms,
    at: Nanos,
}

impl EndedPoint {
    /// What the exporter is given of it, on the clock of the point that it was told of.
    pub(super) fn export(&self, told: &ExportPoint, documents: Documents) -> ExportSummary {
        let ended = told.seconds(self.at);
        export_summary(&self.summary, &self.histograms, documents, ended)
    }
}

impl PointFold {
    /// Nothing of `point` was read.
    pub(super) fn new(point: &StoredPoint, rows: &mut RowBuilder) -> Self {
        rows.begin_point(&point.plan, point.begun);
        Self {
            summary: SummaryBuilder::new(&point.plan),
            plan: Plan::clone(&point.plan),
            read: point.first_id.saturating_sub(1),
            last: 0,
            kernel: false,
        }
    }

    /// Adds an entry; a sample ends a row.
    pub(super) fn add(&mut self, entry: &Entry, rows: &mut RowBuilder) -> Option<Row> {
        self.read = entry.id;
        match &entry.kind {
            EntryKind::Record(record) => {
                self.last = self.last.max(record.timeline.end);
                self.kernel |= record.frames.iter().any(|frame| frame.at != frame.user);
                self.summary.record(record);
                rows.record(record);
                None
            }
            EntryKind::Sample(sample) => {
                self.last = self.last.max(sample.at);
                self.summary.sample(sample);
                Some(rows.sample(sample))
            }
        }
    }

    /// The point that has ended. `end`: none where the point was cut off.
    pub(super) fn finish(self, end: Option<PointEnd>) -> EndedPoint {
        let kernel = self.plan.engine.timestamps == TimestampSource::Kernel && self.kernel;
        let end = end.unwrap_or_else(|| PointEnd {
            end_reason: EndReason::Interrupted,
            at: self.last,
            kernel_timestamps: kernel,
            ..PointEnd::default()
        });
        let (summary, histograms) = self.summary.finish_with_histograms(&end);
        EndedPoint { summary, histograms, at: end.at }
    }
}
