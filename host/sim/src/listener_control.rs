//! Opens and closes the listener, on demand from outside or for a fault.

use loadwright_timing::clock;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use tokio::sync::watch;

/// The state of the listener.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ListenerState {
    Open,
    Closed,
    /// The server has stopped; the listener will not open again.
    Stopped,
}

/// The requested and the actual state of the listener.
#[derive(Debug)]
pub(crate) struct ListenerControl {
    /// Until when it should be closed, on the clock.
    closed_until: watch::Sender<u64>,
    state: Mutex<ListenerState>,
    changed: Condvar,
}

impl ListenerControl {
    pub(crate) fn new() -> Self {
        let closed_until = watch::Sender::new(0);
        Self { closed_until, state: Mutex::new(ListenerState::Open), changed: Condvar::new() }
    }

    fn state(&self) -> MutexGuard<'_, ListenerState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Requests that the listener be closed until `until`; 0 opens it.
    pub(crate) fn close_until(&self, until: u64) {
        self.closed_until.send_replace(until);
    }

    /// The requested closing time, to be watched.
    pub(crate) fn closed_until(&self) -> watch::Receiver<u64> {
        self.closed_until.subscribe()
    }

    /// Sets the actual state.
    pub(crate) fn set_state(&self, state: ListenerState) {
        *self.state() = state;
        self.changed.notify_all();
    }

    /// Blocks until the listener is in this state, or stopped.
    pub(crate) fn wait_for(&self, wanted: ListenerState) {
        let pending =
            |state: &mut ListenerState| *state != wanted && *state != ListenerState::Stopped;
        let state = self.changed.wait_while(self.state(), pending);
        drop(state.unwrap_or_else(PoisonError::into_inner));
    }

    /// Closes the listener for `span` nanoseconds; returns once it is closed. Only for tasks on the
    /// server's own thread.
    pub(crate) async fn close_for(&self, span: u64) {
        self.close_until(clock::now().saturating_add(span));
        while *self.state() == ListenerState::Open {
            tokio::task::yield_now().await;
        }
    }
}
