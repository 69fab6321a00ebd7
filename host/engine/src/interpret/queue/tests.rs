//! An attempt's messages keep their order and their shard, and none is lost at the end.

use super::*;
use crate::context::budget::Budget;
use crate::messages::capture::{Capture, FrameStamp};
use loadwright_core::plan::ReplyLimits;

fn frames(attempt: u64, bytes: usize) -> InterpreterMessage {
    let mut capture = Capture::default();
    capture.push(b"", &vec![0; bytes], FrameStamp { at: 0, user: 0 });
    let claim = Budget::new(ReplyLimits::default()).claim();
    InterpreterMessage::Frames { attempt, capture, needs_reply: false, claim }
}

fn attempts(batch: &[InterpreterMessage]) -> Vec<u64> {
    let attempt = |message: &InterpreterMessage| match message {
        InterpreterMessage::Frames { attempt, .. } => *attempt,
        InterpreterMessage::Finished(finished) => finished.number,
    };
    batch.iter().map(attempt).collect()
}

#[test]
fn an_attempt_keeps_its_shard_and_its_order() {
    let (one, mut first) = mpsc::channel(64);
    let (other, mut second) = mpsc::channel(64);
    let gauges = Arc::new(Gauges::new(1));
    let queue = InterpreterQueue::new(&[one, other], Arc::clone(&gauges));
    for attempt in [2, 3, 2, 5, 4] {
        queue.push(attempt, frames(attempt, 10), false);
    }
    assert!(first.try_recv().is_err(), "the batch is too small to be sent");
    queue.flush();
    assert_eq!(attempts(&first.try_recv().unwrap()), [2, 2, 4]);
    assert_eq!(attempts(&second.try_recv().unwrap()), [3, 5]);
    assert_eq!(gauges.backlog.load(Relaxed), 5 * frames(0, 10).bytes() as u64);
}

#[test]
fn a_batch_is_sent_when_it_is_large_or_awaited() {
    let (sender, mut receiver) = mpsc::channel(64);
    let queue = InterpreterQueue::new(&[sender], Arc::new(Gauges::new(1)));
    queue.push(0, frames(0, 1), false);
    queue.push(1, frames(1, 1), true);
    assert_eq!(receiver.try_recv().unwrap().len(), 2);
    queue.push(0, frames(0, BATCH_BYTES), false);
    assert_eq!(receiver.try_recv().unwrap().len(), 1);
    for attempt in 0..BATCH as u64 {
        queue.push(attempt, frames(attempt, 0), false);
    }
    assert_eq!(receiver.try_recv().unwrap().len(), BATCH);
}

#[test]
fn what_does_not_fit_is_sent_at_the_end() {
    let (sender, mut receiver) = mpsc::channel(1);
    let queue = InterpreterQueue::new(&[sender], Arc::new(Gauges::new(1)));
    for attempt in 0..3 {
        queue.push(attempt, frames(attempt, 1), true);
    }
    std::thread::scope(|scope| {
        scope.spawn(|| queue.close());
        let batches: Vec<_> = std::iter::from_fn(|| receiver.blocking_recv()).collect();
        let all: Vec<u64> = batches.iter().flat_map(|batch| attempts(batch)).collect();
        assert_eq!(all, [0, 1, 2]);
    });
}

#[test]
fn without_interpreters_messages_are_discarded() {
    let gauges = Arc::new(Gauges::new(1));
    let queue = InterpreterQueue::new(&[], Arc::clone(&gauges));
    queue.push(7, frames(7, 10), true);
    queue.flush();
    assert_eq!(gauges.backlog.load(Relaxed), 0);
    queue.close();
}
