//! Which requests each filter selects, and when.

use super::*;
use crate::outcome::Outcome;
use crate::testkit::{closed, record};
use crate::trace::TraceKey;
use crate::{SECOND, summary::SummaryBuilder};

/// A request with this latency.
fn request(seq: u64, latency: Nanos, ratio: f64) -> ExportRequest {
    let mut record = record(SECOND, &[SECOND + latency]);
    record.seq = seq;
    let traceparent = Traceparent { key: TraceKey::default(), ratio };
    ExportRequest::new(Arc::new(record), 0, Some(&traceparent))
}

fn with(change: impl FnOnce(&mut Record)) -> ExportRequest {
    let mut request = request(0, 100, 0.0);
    change(Arc::make_mut(&mut request.record));
    request
}

const FILTERS: [RequestFilter; 4] =
    [RequestFilter::Nothing, RequestFilter::Failed, RequestFilter::Sampled, RequestFilter::All];

#[test]
fn filters_select_by_outcome_and_flag() {
    let cases = [
        (request(0, 100, 0.0), [false, false, false, true]),
        (request(0, 100, 1.0), [false, false, true, true]),
        (with(|record| record.outcome = Outcome::Status(503)), [false, true, true, true]),
        (
            with(|record| (record.outcome, record.last_attempt) = (Outcome::Truncated, false)),
            [false, true, true, true],
        ),
        (with(|record| record.outcome = Outcome::Cancelled), [false, false, false, true]),
        (with(|record| record.outcome = Outcome::Dropped), [false, false, false, true]),
    ];
    for (request, expected) in cases {
        assert_eq!(FILTERS.map(|filter| filter.selects(&request)), expected, "{request:?}");
        for filter in FILTERS {
            assert!(!filter.selects_slow(&request, Some(100)), "not above the percentile");
            assert!(!filter.selects_slow(&request, None));
        }
    }
}

#[test]
fn the_slow_tail_is_what_is_above_the_points_percentile() {
    let requests: Vec<ExportRequest> = (1..=300).map(|at| request(at, at * 1_000, 0.1)).collect();
    let mut summary = SummaryBuilder::new(&closed(2));
    requests.iter().for_each(|request| summary.record(&request.record));
    let summary = summary.finish(&crate::sample::PointEnd::default());
    let p99 = summary.metrics.get(Metric::Latency).map(|found| found.p99());
    // Nearest rank: the 297th of 300.
    assert_eq!(p99, Some(297_000));
    let slow = |filter: RequestFilter| -> Vec<u64> {
        let slow = requests.iter().filter(|request| filter.selects_slow(request, p99));
        slow.map(|request| request.record.seq).collect()
    };
    let sampled = |request: &&ExportRequest| RequestFilter::Sampled.selects(request);
    let live: Vec<u64> =
        requests.iter().filter(sampled).map(|request| request.record.seq).collect();
    let expected: Vec<u64> =
        [298, 299, 300].into_iter().filter(|seq| !live.contains(seq)).collect();
    assert!(!expected.is_empty());
    assert_eq!(slow(RequestFilter::Sampled), expected);
    for filter in [RequestFilter::Nothing, RequestFilter::Failed, RequestFilter::All] {
        assert_eq!(slow(filter), [0; 0]);
    }
}

#[test]
fn warm_up_and_failures_have_no_part_in_the_tail() {
    let slow = |request: &ExportRequest| RequestFilter::Sampled.selects_slow(request, Some(99));
    assert!(slow(&with(|_| {})));
    assert!(!slow(&with(|record| record.warmup = true)));
    assert!(!slow(&with(|record| record.timeline.sent = None)));
    let failed = with(|record| record.outcome = Outcome::Truncated);
    assert!(RequestFilter::Sampled.selects(&failed) && !slow(&failed));
}

#[test]
fn ids_are_those_of_the_header() {
    let traceparent = Traceparent { key: TraceKey([7; 16]), ratio: 0.5 };
    let record = Arc::new(Record { seq: 3, turn: 2, attempt: 1, ..record(0, &[1]) });
    let ids = traceparent.ids(AttemptKey { point: 4, seq: 3, turn: 2, attempt: 1 });
    assert_eq!(ExportRequest::new(Arc::clone(&record), 4, Some(&traceparent)).trace, Some(ids));
    assert_eq!(ExportRequest::new(record, 4, None).trace, None);
}
