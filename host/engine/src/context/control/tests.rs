//! A stop request only becomes more urgent, and reaches all that share it.

use super::*;

#[test]
fn a_stop_request_only_becomes_more_urgent_and_is_shared() {
    let stop = Stop::new();
    let other = stop.clone();
    assert!(!other.draining() && !other.aborting());
    stop.drain();
    assert!(other.draining() && !other.aborting());
    stop.abort();
    stop.drain();
    assert!(other.draining() && other.aborting());
}

#[test]
fn a_stop_request_reaches_those_who_wait_and_those_who_come_later() {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let stop = Stop::new();
    let other = stop.clone();
    runtime.block_on(async {
        tokio::join!(stop.drained(), stop.aborted(), async { other.abort() });
        stop.drained().await;
    });
}

#[test]
fn totals_are_reset_for_the_next_point() {
    let control = Control::new(|_| {});
    control.progress.done.store(3, Ordering::Relaxed);
    control.progress.dropped.store(2, Ordering::Relaxed);
    control.progress.reset();
    assert_eq!(control.progress.done.load(Ordering::Relaxed), 0);
    assert_eq!(control.progress.dropped.load(Ordering::Relaxed), 0);
    assert_eq!(control.give_up, Duration::from_secs(30));
}
