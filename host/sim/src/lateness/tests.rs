//! Quantiles of recorded delays.

use super::*;

#[test]
fn quantiles_follow_the_recorded_delays() {
    let late = LatenessHistogram::default();
    assert_eq!(late.summary(), Lateness::default());
    (1..=1_000).for_each(|ms| late.record(ms * 1_000_000));
    late.record(u64::MAX);
    let Lateness { count, p50, p99, max } = late.summary();
    assert_eq!(count, 1_001);
    let within = |found: u64, ms: u64| found.abs_diff(ms * 1_000_000) <= ms * 10_000;
    assert!(within(p50, 501) && within(p99, 991), "{p50} {p99}");
    assert!(max >= LONGEST);
}
