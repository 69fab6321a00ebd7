//! The requests that an exporter is given: those that its manifest asks for, live or after their
//! point. The slow tail is known only once the point has ended: it is above the point's 99th
//! percentile of latency.

use super::calls::GivenUp;
use super::sender::Sender;
use loadwright_core::Nanos;
use loadwright_core::export::{ExportRequest, RequestFilter};
use loadwright_core::metrics::Metric;
use loadwright_core::ports::{Entry, EntryKind, StoredPoint};
use loadwright_core::summary::Summary;
use loadwright_core::trace::AttemptKey;

/// Which requests are sent in one pass.
#[derive(Debug, Clone, Copy)]
struct Selection {
    filter: RequestFilter,
    /// Those that are known to be wanted at once.
    live: bool,
    /// Of the others, those that took longer.
    slower_than: Option<Nanos>,
}

impl Selection {
    fn takes(&self, request: &ExportRequest) -> bool {
        let record = &request.record;
        let failed = !record.outcome.is_ok();
        let sampled = request.trace.is_some_and(|ids| ids.sampled);
        let live = match self.filter {
            RequestFilter::Nothing => return false,
            RequestFilter::Failed => failed,
            RequestFilter::Sampled => failed || sampled,
            RequestFilter::All => true,
        };
        let slow = self
            .slower_than
            .is_some_and(|limit| latency(request).is_some_and(|latency| latency > limit));
        if live { self.live } else { slow && self.filter == RequestFilter::Sampled }
    }
}

/// From `sent` to the last output, or to the end where there is none, as the metric `latency`.
fn latency(request: &ExportRequest) -> Option<Nanos> {
    let record = &request.record;
    let end = record.frames.last().map_or(record.timeline.end, |frame| frame.at);
    Some(end.saturating_sub(record.timeline.sent?))
}

/// The request of `entry`, if the exporter wants it while the point goes on.
pub(super) fn live(sender: &Sender, point: &StoredPoint, entry: &Entry) -> Option<ExportRequest> {
    let exporter = &sender.calls.exporter;
    if !exporter.wants_requests_live() || entry.id <= sender.calls.progress.requests {
        return None;
    }
    let selection = Selection { filter: exporter.filter(), live: true, slower_than: None };
    request(point, entry).filter(|request| selection.takes(request))
}

/// Sends the requests of a point that has ended, up to the id `last`: all that are wanted, or those
/// that were not sent live.
///
/// # Errors
/// The exporter is given up.
pub(super) fn after_point(
    sender: &mut Sender,
    point: &StoredPoint,
    last: u64,
    summary: &Summary,
) -> Result<(), GivenUp> {
    let (filter, index) = (sender.calls.exporter.filter(), point.plan.index);
    let live = !sender.calls.exporter.wants_requests_live();
    let slower_than = summary.metrics.get(Metric::Latency).map(|it| it.p99());
    let selection = Selection { filter, live, slower_than };
    if filter == RequestFilter::Nothing || !(live || filter == RequestFilter::Sampled) {
        return Ok(());
    }
    let first = point.first_id.saturating_sub(1);
    let mut read = if live { sender.calls.progress.requests.max(first) } else { first };
    while read < last {
        let entries = sender.entries(read)?;
        let Some(end) = entries.last().map(|entry| entry.id) else { break };
        let wanted: Vec<ExportRequest> = entries
            .iter()
            .filter(|entry| entry.id <= last)
            .filter_map(|entry| request(point, entry))
            .filter(|request| selection.takes(request))
            .collect();
        read = end;
        sender.requests(index, &wanted, end.min(last))?;
    }
    Ok(())
}

fn request(point: &StoredPoint, entry: &Entry) -> Option<ExportRequest> {
    let EntryKind::Record(record) = &entry.kind else { return None };
    let traceparent = point.plan.request.traceparent;
    let key = AttemptKey::of(point.plan.index, record);
    let trace = traceparent.map(|traceparent| traceparent.ids(key));
    Some(ExportRequest { record: record.clone(), trace })
}
