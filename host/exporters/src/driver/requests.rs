//! The requests that an exporter is given: those that its manifest asks for, live or after their
//! point. The slow tail is known only once the point has ended: it is above the point's 99th
//! percentile of latency.

use super::calls::GivenUp;
use super::sender::Sender;
use loadwright_core::export::{ExportRequest, RequestFilter};
use loadwright_core::metrics::Metric;
use loadwright_core::percentile::Distribution;
use loadwright_core::ports::{Entry, EntryKind, StoredPoint};
use loadwright_core::summary::Summary;

/// The request of `entry`, if the exporter wants it while the point goes on.
pub(super) fn live(sender: &Sender, point: &StoredPoint, entry: &Entry) -> Option<ExportRequest> {
    let exporter = &sender.calls.exporter;
    if !exporter.wants_requests_live() || entry.id <= sender.calls.progress.requests {
        return None;
    }
    request(point, entry).filter(|request| exporter.filter().selects(request))
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
    let p99 = summary.metrics.get(Metric::Latency).map(Distribution::p99);
    let wanted = |request: &ExportRequest| {
        live && filter.selects(request) || filter.selects_slow(request, p99)
    };
    if filter == RequestFilter::Nothing || !(live || filter == RequestFilter::Sampled) {
        return Ok(());
    }
    let first = point.first_id.saturating_sub(1);
    let mut read = if live { sender.calls.progress.requests.max(first) } else { first };
    while read < last {
        let entries = sender.entries(read)?;
        let Some(end) = entries.last().map(|entry| entry.id) else { break };
        let selected: Vec<ExportRequest> = entries
            .iter()
            .filter(|entry| entry.id <= last)
            .filter_map(|entry| request(point, entry))
            .filter(wanted)
            .collect();
        read = end;
        sender.requests(index, &selected, end.min(last))?;
    }
    Ok(())
}

fn request(point: &StoredPoint, entry: &Entry) -> Option<ExportRequest> {
    let EntryKind::Record(record) = &entry.kind else { return None };
    let traceparent = point.plan.request.traceparent.as_ref();
    Some(ExportRequest::new(record.clone(), point.plan.index, traceparent))
}
