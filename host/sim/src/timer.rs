//! One precise timer for all tasks of a thread: a heap of deadlines over one timerfd.
//!
//! tokio's own timer rounds to a millisecond, and a timerfd per stream would cost a descriptor and
//! two system calls per frame.

use loadwright_timing::{clock, pacer::Pacer};
use std::cmp::Ordering;
use std::collections::BinaryHeap;
use std::convert::Infallible;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::{Mutex, PoisonError};
use std::task::{Context, Poll, Waker};
use tokio::sync::Notify;

/// Waiting tasks, ordered by deadline.
#[derive(Debug, Default)]
pub(crate) struct Timer {
    waiting: Mutex<BinaryHeap<Entry>>,
    earlier: Notify,
}

#[derive(Debug)]
struct Entry {
    deadline: u64,
    waker: Waker,
}

impl Timer {
    /// Wakes tasks at their deadlines; returns only with an error.
    pub(crate) async fn run(&self) -> io::Result<Infallible> {
        let pacer = Pacer::new()?;
        loop {
            let Some(deadline) = self.wake_expired() else {
                self.earlier.notified().await;
                continue;
            };
            tokio::select! {
                biased;
                fired = pacer.until(deadline) => fired?,
                () = self.earlier.notified() => {}
            }
        }
    }

    /// Wakes the tasks whose deadline has passed and returns the next deadline.
    fn wake_expired(&self) -> Option<u64> {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let now = clock::now();
        while waiting.peek().is_some_and(|entry| entry.deadline <= now) {
            waiting.pop().expect("it was just seen").waker.wake();
        }
        waiting.peek().map(|entry| entry.deadline)
    }

    /// Completes once the clock has reached `deadline`.
    pub(crate) fn until(&self, deadline: u64) -> Deadline<'_> {
        Deadline { timer: self, deadline, inserted: false }
    }

    fn insert(&self, deadline: u64, waker: Waker) {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let first = waiting.peek().is_none_or(|entry| deadline < entry.deadline);
        waiting.push(Entry { deadline, waker });
        if first {
            self.earlier.notify_one();
        }
    }
}

/// Completes at a deadline; must stay with the task that first polled it.
pub(crate) struct Deadline<'a> {
    timer: &'a Timer,
    deadline: u64,
    inserted: bool,
}

impl Future for Deadline<'_> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        if clock::now() >= self.deadline {
            return Poll::Ready(());
        }
        if !self.inserted {
            self.inserted = true;
            self.timer.insert(self.deadline, context.waker().clone());
        }
        Poll::Pending
    }
}

impl PartialEq for Entry {
    fn eq(&self, other: &Self) -> bool {
        self.deadline == other.deadline
    }
}

impl Eq for Entry {}

impl PartialOrd for Entry {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// Reversed, because `BinaryHeap` pops its greatest first.
impl Ord for Entry {
    fn cmp(&self, other: &Self) -> Ordering {
        other.deadline.cmp(&self.deadline)
    }
}
