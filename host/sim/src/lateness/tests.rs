use super::*;

#[test]
fn quantiles_are_those_of_what_was_noted() {
    let late = Late::default();
    assert_eq!(late.so_far(), Lateness::default());
    (1..=1_000).for_each(|ms| late.note(ms * 1_000_000));
    late.note(u64::MAX);
    let Lateness { count, p50, p99, max } = late.so_far();
    assert_eq!(count, 1_001);
    let within = |found: u64, ms: u64| found.abs_diff(ms * 1_000_000) <= ms * 10_000;
    assert!(within(p50, 501) && within(p99, 991), "{p50} {p99}");
    assert!(max >= LONGEST);
}
