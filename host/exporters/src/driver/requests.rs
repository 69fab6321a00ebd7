//! The requests that an exporter is given: those that its manifest asks for, live or after their
//! point. The slow tail is known only once the point has ended: it is above the point's 99th
//! percentile of latency.

use loadwright_core::Nanos;
use loadwright_core::export::{ExportRequest, RequestFilter};
use loadwright_core::metrics::Metric;
use loadwright_core::percentile::Distribution;
use loadwright_core::ports::{Entry, EntryKind, Exporter, StoredPoint};
use loadwright_core::summary::Summary;

/// Which requests of a point are given at one time.
#[derive(Debug, Clone, Copy)]
pub(super) struct Selection {
    filter: RequestFilter,
    /// Those that are known to be wanted at once.
    at_once: bool,
    /// Those of the slow tail too.
    slow: bool,
    p99: Option<Nanos>,
}

impl Selection {
    /// Those that `exporter` is given while a point goes on.
    pub(super) fn live(exporter: &dyn Exporter) -> Self {
        let at_once = exporter.wants_requests_live();
        Self { filter: exporter.filter(), at_once, slow: false, p99: None }
    }

    /// Those that it is given once the point has ended.
    pub(super) fn after_point(exporter: &dyn Exporter, summary: &Summary) -> Self {
        let p99 = summary.metrics.get(Metric::Latency).map(Distribution::p99);
        let at_once = !exporter.wants_requests_live();
        Self { filter: exporter.filter(), at_once, slow: true, p99 }
    }

    /// Whether there can be any.
    pub(super) fn is_empty(&self) -> bool {
        let slow = self.slow && self.filter == RequestFilter::Sampled;
        self.filter == RequestFilter::Nothing || !(self.at_once || slow)
    }

    /// Whether those of the slow tail alone are left, wherever they are in the point.
    pub(super) fn is_slow_tail(&self) -> bool {
        self.slow && !self.at_once
    }

    /// The request of `entry`, if it is among them.
    pub(super) fn select(&self, point: &StoredPoint, entry: &Entry) -> Option<ExportRequest> {
        let EntryKind::Record(record) = &entry.kind else { return None };
        if self.is_empty() {
            return None;
        }
        let traceparent = point.plan.request.traceparent.as_ref();
        let request = ExportRequest::new(record.clone(), point.plan.index, traceparent);
        let at_once = self.at_once && self.filter.selects(&request);
        let slow = self.slow && self.filter.selects_slow(&request, self.p99);
        (at_once || slow).then_some(request)
    }
}
