//! Limits that are set, replaced and cut short while something waits.

use super::{Deadline, Over};
use std::time::Duration;

fn waited(deadline: &Deadline) -> Over {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build();
    runtime.expect("a runtime").block_on(deadline.over())
}

#[test]
fn there_is_no_limit_until_one_is_set() {
    let deadline = Deadline::new();
    assert_eq!(deadline.left(), Ok(None));
    deadline.set(Duration::from_secs(60));
    let left = deadline.left().expect("time is left").expect("there is a limit");
    assert!(left <= Duration::from_secs(60) && left > Duration::from_secs(30), "{left:?}");
    deadline.clear();
    assert_eq!(deadline.left(), Ok(None));
}

#[test]
fn a_limit_that_is_set_while_something_waits_ends_the_wait() {
    let deadline = Deadline::new();
    let shared = deadline.clone();
    let waiting = std::thread::spawn(move || waited(&shared));
    deadline.set(Duration::from_millis(1));
    assert_eq!(waiting.join().expect("it ends"), Over::Passed);
}

#[test]
fn cancelling_ends_a_wait_whose_limit_is_far_off() {
    let deadline = Deadline::new();
    deadline.set(Duration::from_secs(86_400));
    let shared = deadline.clone();
    let waiting = std::thread::spawn(move || waited(&shared));
    deadline.cancel();
    assert_eq!(waiting.join().expect("it ends"), Over::Cancelled);
    deadline.clear();
    assert_eq!(deadline.left(), Err(Over::Cancelled), "it is for good");
}
