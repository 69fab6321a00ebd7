//! All points of a sweep as one run, as EvalScope has them: the exporter is told of one point.

use loadwright_core::export::{ExportEnd, ExportPoint, ExportRun, ExportSummary};
use loadwright_core::export_summary::sweep_summary;
use std::collections::BTreeMap;

/// The points of such a run.
pub(super) struct Whole {
    /// Their names, as planned.
    planned: Vec<String>,
    /// The summaries of those that have ended, by position.
    ended: BTreeMap<u32, ExportSummary>,
}

impl Whole {
    pub(super) fn new(planned: Vec<String>) -> Self {
        Self { planned, ended: BTreeMap::new() }
    }

    /// The point as the exporter is told of it; none: it is in it already.
    pub(super) fn told(
        &self,
        index: u32,
        point: ExportPoint,
        run: &ExportRun,
    ) -> Option<ExportPoint> {
        let (name, settings) = (run.name.clone(), run.settings.clone());
        (index == 0).then_some(ExportPoint { name, settings, ..point })
    }

    /// The point `index` has ended.
    pub(super) fn end_point(&mut self, index: u32, summary: ExportSummary) {
        self.ended.insert(index, summary);
    }

    /// The summary of the run, which ended with `end`; none: no point has.
    pub(super) fn summary(&mut self, end: ExportEnd) -> Option<ExportSummary> {
        sweep_summary(&self.planned, std::mem::take(&mut self.ended), end)
    }
}
