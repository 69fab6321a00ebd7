//! Measures: a value each, worked out by hand.

use super::*;
use crate::outcome::Outcome;
use crate::testkit::record;

/// Sent at 1 s; output at 1.5 s, 2 s and 3.5 s.
fn stream() -> Record {
    let mut record = record(1_000_000_000, &[1_500_000_000, 2_000_000_000, 3_500_000_000]);
    record.usage.output_tokens = Some(5);
    record
}

#[test]
fn a_streams_values_are_those_of_the_formulas() {
    let record = stream();
    let measures = Measures::of(&record, 1);
    assert_eq!(measures.get(Metric::Ttft), Some(0.5));
    assert_eq!(measures.get(Metric::Latency), Some(2.5));
    assert_eq!(measures.get(Metric::Tpot), Some(0.5));
    assert_eq!(measures.get(Metric::OutputTokens), Some(5.0));
    assert_eq!(measures.get(Metric::OutputRate), Some(2.0));
    assert_eq!(measures.gaps().collect::<Vec<_>>(), [0.5, 1.5]);
    assert_eq!(measures.get(Metric::Itl), None);
}

#[test]
fn failures_warmup_and_several_choices_have_none_that_summaries_leave_out() {
    let failed = Record { outcome: Outcome::Status(503), ..stream() };
    let measures = Measures::of(&failed, 1);
    assert_eq!((measures.get(Metric::Latency), measures.gaps().count()), (None, 0));
    assert!(measures.get(Metric::DispatchDelay).is_some(), "it was sent");
    let warmup = Record { warmup: true, ..stream() };
    assert_eq!(Measures::of(&warmup, 1).get(Metric::DispatchDelay), None);
    let retried = Record { attempt: 1, ..stream() };
    assert_eq!(Measures::of(&retried, 1).get(Metric::DispatchDelay), None);
    let record = stream();
    let several = Measures::of(&record, 2);
    assert_eq!((several.get(Metric::Tpot), several.gaps().count()), (None, 0));
    assert_eq!(several.get(Metric::Ttft), Some(0.5));
}
