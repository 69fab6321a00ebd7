//! What is claimed is given back, and a budget that is used up says so by its flag.

use super::*;

fn budget(bytes: u64, frames: u64, memory: u64) -> Arc<Budget> {
    Budget::new(ReplyLimits { bytes, frames, memory })
}

fn says(result: Result<(), Failure>, flag: &str) {
    let failure = result.unwrap_err();
    assert_eq!(failure.outcome, Outcome::TooLarge);
    assert!(failure.detail.ends_with(flag), "{}", failure.detail);
}

#[test]
fn one_reply_has_its_limits() {
    let budget = budget(3 << 20, 5, 1 << 30);
    assert_eq!(budget.allows(3 << 20, 5), Ok(()));
    says(budget.allows((3 << 20) + 1, 5), "larger than 3 MiB; see --max-reply-size");
    says(budget.allows(0, 6), "more than 5 frames; see --max-reply-frames");
    assert_eq!(Budget::allows_whole(16 << 20), Ok(()));
    says(Budget::allows_whole((16 << 20) + 1), "for `decode` or a later turn");
}

#[test]
fn claims_of_all_replies_add_up_and_end_with_what_they_are_for() {
    let budget = budget(u64::MAX, u64::MAX, 2 << 20);
    let mut one = budget.claim();
    let other = one.beside(1 << 20);
    one.resize(1 << 20);
    assert_eq!(budget.has_room(), Ok(()));
    one.resize((1 << 20) + 1);
    says(budget.has_room(), "more than 2 MiB; see --max-reply-memory");
    one.resize(5);
    assert_eq!((budget.has_room(), budget.held.load(Relaxed)), (Ok(()), (1 << 20) + 5));
    drop(one);
    drop(other);
    assert_eq!(budget.held.load(Relaxed), 0);
}

#[test]
fn what_may_wait_to_be_read_is_a_part_of_it() {
    assert_eq!(budget(1, 1, 10 << 20).backlog(), 5 << 20);
    assert_eq!(budget(1, 1, 64 << 30).backlog(), 128 << 20);
}
