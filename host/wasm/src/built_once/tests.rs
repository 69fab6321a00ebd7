//! Values that many threads need at once, that cannot be built, and waits that a stop ends.

use super::*;
use std::sync::Barrier;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;

#[test]
fn one_thread_builds_for_all() {
    let (value, stop) = (BuiltOnce::default(), StopFlag::default());
    let (built, start) = (AtomicU32::new(0), Barrier::new(8));
    thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                start.wait();
                let shared = value.get(&stop, || Ok(built.fetch_add(1, Ordering::Relaxed)));
                assert_eq!(*shared.unwrap(), 0);
            });
        }
    });
    assert_eq!(built.into_inner(), 1);
}

#[test]
fn why_it_could_not_be_built_is_kept() {
    let (value, stop) = (BuiltOnce::<u32>::default(), StopFlag::default());
    assert_eq!(value.get(&stop, || Err("no".into())).unwrap_err(), "no");
    assert_eq!(value.get(&stop, || Ok(1)).unwrap_err(), "no");
}

#[test]
fn a_stop_ends_the_wait_for_another_thread() {
    let (value, stop) = (BuiltOnce::<u32>::default(), StopFlag::default());
    let (begun, waited) = (Barrier::new(2), Barrier::new(2));
    thread::scope(|scope| {
        scope.spawn(|| {
            let made = value.get(&stop, || {
                begun.wait();
                waited.wait();
                Ok(7)
            });
            assert_eq!(*made.unwrap(), 7);
        });
        begun.wait();
        stop.raise();
        assert_eq!(value.get(&stop, || Ok(8)).unwrap_err(), "the run was stopped");
        waited.wait();
    });
}

#[test]
fn after_a_panic_the_next_builds_it() {
    let (value, stop) = (BuiltOnce::<u32>::default(), StopFlag::default());
    let panicked = thread::scope(|scope| {
        scope.spawn(|| value.get(&stop, || panic!("on purpose"))).join().is_err()
    });
    assert!(panicked);
    assert_eq!(*value.get(&stop, || Ok(3)).unwrap(), 3);
}
