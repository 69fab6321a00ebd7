//! Whether the server accepts connections: closed and opened from outside, or by a fault.

use loadwright_timing::clock;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use tokio::sync::watch;

/// What the listener is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Listening {
    Open,
    Closed,
    /// It will not open again: the server has stopped.
    Gone,
}

/// The listener's wished and real state.
#[derive(Debug)]
pub(crate) struct Gate {
    /// Until when it is to be closed, on the clock.
    closed_until: watch::Sender<u64>,
    now: Mutex<Listening>,
    changed: Condvar,
}

impl Gate {
    pub(crate) fn new() -> Self {
        let closed_until = watch::Sender::new(0);
        Self { closed_until, now: Mutex::new(Listening::Open), changed: Condvar::new() }
    }

    fn now(&self) -> MutexGuard<'_, Listening> {
        self.now.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The listener is to be closed until `until`; 0 opens it.
    pub(crate) fn close_until(&self, until: u64) {
        self.closed_until.send_replace(until);
    }

    /// When the listener's closing time is changed.
    pub(crate) fn watch(&self) -> watch::Receiver<u64> {
        self.closed_until.subscribe()
    }

    /// Notes what the listener is now.
    pub(crate) fn note(&self, listening: Listening) {
        *self.now() = listening;
        self.changed.notify_all();
    }

    /// Blocks until the listener is as wished, or gone.
    pub(crate) fn wait(&self, wish: Listening) {
        let other = |now: &mut Listening| *now != wish && *now != Listening::Gone;
        drop(self.changed.wait_while(self.now(), other).unwrap_or_else(PoisonError::into_inner));
    }

    /// Closes the listener for a while; returns once it is closed. For the server's own thread.
    pub(crate) async fn close_for(&self, span: u64) {
        self.close_until(clock::now().saturating_add(span));
        while *self.now() == Listening::Open {
            tokio::task::yield_now().await;
        }
    }
}
