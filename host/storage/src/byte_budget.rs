//! How many bytes may wait in a queue whose length is bounded in entries only.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// Bytes that wait, up to a limit.
#[derive(Debug)]
pub(crate) struct ByteBudget {
    limit: u64,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug)]
struct State {
    waiting: u64,
    closed: bool,
}

impl ByteBudget {
    pub(crate) fn new(limit: u64) -> Self {
        let state = Mutex::new(State { waiting: 0, closed: false });
        Self { limit, state, changed: Condvar::new() }
    }

    /// Adds `bytes` once no more than the limit are waiting: one entry may be larger than the limit,
    /// and still gets through. Calls `before_wait` if it has to wait.
    pub(crate) fn take(&self, bytes: u64, before_wait: impl FnOnce()) {
        let mut state = self.lock();
        if state.waiting > self.limit && !state.closed {
            before_wait();
            let full = |state: &mut State| state.waiting > self.limit && !state.closed;
            let waited = self.changed.wait_while(state, full);
            state = waited.unwrap_or_else(PoisonError::into_inner);
        }
        state.waiting += bytes;
    }

    /// Takes `bytes` off again.
    pub(crate) fn release(&self, bytes: u64) {
        if bytes > 0 {
            self.lock().waiting -= bytes;
            self.changed.notify_all();
        }
    }

    /// Lets everyone through: nothing will be released any more.
    pub(crate) fn close(&self) {
        self.lock().closed = true;
        self.changed.notify_all();
    }

    /// Bytes that wait now.
    #[cfg(test)]
    pub(crate) fn waiting(&self) -> u64 {
        self.lock().waiting
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
