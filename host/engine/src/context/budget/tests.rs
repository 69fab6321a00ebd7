//! Claims are returned, and a limit that is exceeded is named by its flag.

use super::*;

fn budget(bytes: u64, frames: u64, memory: u64) -> Arc<Budget> {
    Budget::new(ReplyLimits { bytes, frames, memory })
}

fn error(result: Result<(), ReplyTooLarge>) -> String {
    result.unwrap_err().to_string()
}

#[test]
fn one_reply_has_its_limits() {
    let budget = budget(3 << 20, 5, 1 << 30);
    assert_eq!(budget.check_reply(3 << 20, 5), Ok(()));
    assert_eq!(
        error(budget.check_reply((3 << 20) + 1, 5)),
        "the reply is larger than 3 MiB; see --max-reply-size"
    );
    assert_eq!(
        error(budget.check_reply(0, 6)),
        "the reply has more than 5 frames; see --max-reply-frames"
    );
    assert_eq!(Budget::check_whole(16 << 20), Ok(()));
    assert_eq!(Budget::check_whole((16 << 20) + 1), Err(ReplyTooLarge::Whole));
}

#[test]
fn claims_of_all_replies_add_up_and_are_returned_on_drop() {
    let budget = budget(u64::MAX, u64::MAX, 2 << 20);
    let mut one = budget.claim();
    let other = one.another(1 << 20);
    one.resize(1 << 20);
    assert_eq!(budget.check_total(), Ok(()));
    one.resize((1 << 20) + 1);
    assert_eq!(
        error(budget.check_total()),
        "replies together hold more than 2 MiB; see --max-reply-memory"
    );
    one.resize(5);
    assert_eq!((budget.check_total(), budget.held.load(Relaxed)), (Ok(()), (1 << 20) + 5));
    drop(one);
    drop(other);
    assert_eq!(budget.held.load(Relaxed), 0);
}

#[test]
fn the_backlog_is_limited_to_half_of_the_memory() {
    assert_eq!(budget(1, 1, 10 << 20).max_backlog(), 5 << 20);
    assert_eq!(budget(1, 1, 64 << 30).max_backlog(), 128 << 20);
}
