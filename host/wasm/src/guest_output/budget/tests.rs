use super::{Budget, Verdict};
use crate::guest_output::Level;

/// How many lines of this length are shown, and how often a reader is told that the rest is not.
fn shown(budget: &Budget, level: Level, length: usize, lines: u32) -> (u32, u32) {
    let (mut shown, mut told) = (0, 0);
    for _ in 0..lines {
        match budget.take(level, length) {
            Verdict::Shown => shown += 1,
            Verdict::Last(_) => told += 1,
            Verdict::Dropped => {}
        }
    }
    (shown, told)
}

#[test]
fn lines_and_bytes_are_limited_and_the_limit_is_told_once() {
    assert_eq!(shown(&Budget::default(), Level::Info, 10, 5000), (1000, 1));
    assert_eq!(shown(&Budget::default(), Level::Info, 4096, 5000), (64, 1));
    assert_eq!(shown(&Budget::default(), Level::Debug, 300_000, 3), (0, 1));
    assert_eq!(shown(&Budget::default(), Level::Error, 0, 5000), (200, 1));
    assert_eq!(shown(&Budget::default(), Level::Error, 1024, 5000), (64, 1));
}

#[test]
fn errors_keep_their_share() {
    let budget = Budget::default();
    shown(&budget, Level::Info, 1 << 30, 5000);
    assert_eq!(budget.take(Level::Error, 100), Verdict::Shown);
    assert_eq!(budget.take(Level::Warn, 100), Verdict::Shown);
    assert_eq!(budget.take(Level::Info, 1), Verdict::Dropped);
}
