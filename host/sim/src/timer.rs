//! One precise timer for all tasks of a thread: a heap of due times over one timerfd.
//!
//! tokio's own timer rounds to a millisecond, and a timerfd a stream would cost a descriptor and
//! two system calls a frame.

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

/// Tasks that wait, by due time.
#[derive(Debug, Default)]
pub(crate) struct Timer {
    waiting: Mutex<BinaryHeap<Entry>>,
    sooner: Notify,
}

#[derive(Debug)]
struct Entry {
    due: u64,
    waker: Waker,
}

impl Timer {
    /// Wakes tasks as their time comes; ends only with an error.
    pub(crate) async fn run(&self) -> io::Result<Infallible> {
        let pacer = Pacer::new()?;
        loop {
            let Some(due) = self.wake_due() else {
                self.sooner.notified().await;
                continue;
            };
            tokio::select! {
                biased;
                fired = pacer.until(due) => fired?,
                () = self.sooner.notified() => {}
            }
        }
    }

    /// Wakes whoever is due and gives the next due time.
    fn wake_due(&self) -> Option<u64> {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let now = clock::now();
        while waiting.peek().is_some_and(|entry| entry.due <= now) {
            waiting.pop().expect("it was just seen").waker.wake();
        }
        waiting.peek().map(|entry| entry.due)
    }

    /// Returns once the clock has reached `due`.
    pub(crate) fn until(&self, due: u64) -> Until<'_> {
        Until { timer: self, due, entered: false }
    }

    fn enter(&self, due: u64, waker: Waker) {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let first = waiting.peek().is_none_or(|entry| due < entry.due);
        waiting.push(Entry { due, waker });
        if first {
            self.sooner.notify_one();
        }
    }
}

/// Waits for a time; stays with the task that first polled it.
pub(crate) struct Until<'a> {
    timer: &'a Timer,
    due: u64,
    entered: bool,
}

impl Future for Until<'_> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        if clock::now() >= self.due {
            return Poll::Ready(());
        }
        if !self.entered {
            self.entered = true;
            self.timer.enter(self.due, context.waker().clone());
        }
        Poll::Pending
    }
}

impl PartialEq for Entry {
    fn eq(&self, other: &Self) -> bool {
        self.due == other.due
    }
}

impl Eq for Entry {}

impl PartialOrd for Entry {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// The earliest is the greatest: `BinaryHeap` gives its greatest first.
impl Ord for Entry {
    fn cmp(&self, other: &Self) -> Ordering {
        other.due.cmp(&self.due)
    }
}
