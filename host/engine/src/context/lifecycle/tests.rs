use super::*;
use std::sync::Arc;

#[test]
fn the_first_reason_to_end_is_kept() {
    let closed = Arc::<AtomicU64>::default();
    let counted = Arc::clone(&closed);
    let lifecycle = Lifecycle::new(Stop::new(), move || {
        counted.fetch_add(1, Relaxed);
    });
    assert_eq!(lifecycle.end_reason(), EndReason::Completed);
    lifecycle.end(EndReason::ServerGone);
    lifecycle.end(EndReason::OutputFailed);
    assert_eq!((lifecycle.end_reason(), closed.load(Relaxed)), (EndReason::ServerGone, 2));
}

#[test]
fn requests_start_until_the_duration_is_over_or_the_user_stops() {
    let stop = Stop::new();
    let lifecycle = Lifecycle::new(stop.clone(), || {});
    assert_eq!((lifecycle.measured_from(), lifecycle.latest_start()), (None, None));
    assert!(!lifecycle.is_over(Nanos::MAX));
    lifecycle.begin_measuring(1_000, Some(Duration::from_nanos(500)));
    assert_eq!((lifecycle.measured_from(), lifecycle.latest_start()), (Some(1_000), Some(1_500)));
    assert!(!lifecycle.is_over(1_500) && lifecycle.is_over(1_501));
    stop.drain();
    assert!(lifecycle.is_over(0));
}

#[test]
fn no_retry_starts_after_the_duration_an_early_end_or_a_stop() {
    const MINUTE: Nanos = 60_000_000_000;
    let measuring = |stop: &Stop| {
        let lifecycle = Lifecycle::new(stop.clone(), || {});
        lifecycle.begin_measuring(clock::now(), Some(Duration::from_nanos(MINUTE)));
        lifecycle
    };
    let stop = Stop::new();
    let lifecycle = measuring(&stop);
    assert!(lifecycle.allows_retry_in(0) && !lifecycle.allows_retry_in(MINUTE + 1));
    lifecycle.end(EndReason::PluginFailed);
    assert!(!lifecycle.allows_retry_in(0));
    let lifecycle = measuring(&stop);
    stop.drain();
    assert!(!lifecycle.allows_retry_in(0));
}
