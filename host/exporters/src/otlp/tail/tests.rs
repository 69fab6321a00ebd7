//! The tail, against sorting everything.

use super::*;
use loadwright_core::record::Record;
use loadwright_core::testkit;
use std::sync::Arc;

fn candidate(seq: u64, latency: f64) -> Candidate {
    let record = Record { seq, ..testkit::record(1, &[2]) };
    let ids = TraceIds { trace: [1; 16], span: [1; 8], sampled: false };
    let request = ExportRequest { record: Arc::new(record), trace: Some(ids) };
    Candidate { latency, request, ids, link: None }
}

#[test]
fn all_above_the_bound_are_kept_in_any_order() {
    let mut tail = Tail::default();
    // Each value from 0 to 9,999 once, scattered.
    let latency = |seq: u64| (seq * 7_919 % 10_000) as f64;
    (0..10_000).for_each(|seq| tail.add(candidate(seq, latency(seq))));
    assert!(tail.slowest.len() <= 10_000 / 100 + 16);
    let (slow, dropped) = tail.take(9_899.0);
    let seqs: Vec<u64> = slow.iter().map(|slow| slow.request.record.seq).collect();
    let expected: Vec<u64> = (0..10_000).filter(|seq| latency(*seq) > 9_899.0).collect();
    assert_eq!((seqs, dropped), (expected, 0));
    assert!(tail.take(0.0).0.is_empty(), "another point begins without them");
}
