//! A value that is built once, by whoever needs it first, and shared by all. Waiting for it ends when
//! the run stops.

use loadwright_core::stop::StopFlag;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// How often a waiting thread looks whether to stop.
const POLL: Duration = Duration::from_millis(50);

/// A value that is built once. Why it could not be built is kept, too: the next would fail likewise.
pub(crate) struct BuiltOnce<T> {
    state: Mutex<State<T>>,
    built: Condvar,
}

enum State<T> {
    Empty,
    Building,
    Built(Result<Arc<T>, String>),
}

impl<T> Default for BuiltOnce<T> {
    fn default() -> Self {
        Self { state: Mutex::new(State::Empty), built: Condvar::new() }
    }
}

impl<T> BuiltOnce<T> {
    /// The value, built by `build` if nobody began to.
    pub(crate) fn get(
        &self,
        stop: &StopFlag,
        build: impl FnOnce() -> Result<T, String>,
    ) -> Result<Arc<T>, String> {
        let mut state = self.lock();
        loop {
            match &*state {
                State::Built(result) => return result.clone(),
                State::Empty => break,
                State::Building if stop.is_raised() => return Err("the run was stopped".into()),
                State::Building => {
                    let waited = self.built.wait_timeout(state, POLL);
                    state = waited.unwrap_or_else(PoisonError::into_inner).0;
                }
            }
        }
        *state = State::Building;
        drop(state);
        let building = Building(self);
        let result = build().map(Arc::new);
        *building.0.lock() = State::Built(result.clone());
        result
    }

    fn lock(&self) -> MutexGuard<'_, State<T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Wakes those who wait, also if building panicked: the next of them begins anew.
struct Building<'a, T>(&'a BuiltOnce<T>);

impl<T> Drop for Building<'_, T> {
    fn drop(&mut self) {
        let mut state = self.0.lock();
        if matches!(*state, State::Building) {
            *state = State::Empty;
        }
        self.0.built.notify_all();
    }
}

#[cfg(test)]
mod tests;
