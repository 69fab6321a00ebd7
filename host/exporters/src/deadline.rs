//! Until when an exporter may work: set by the driver at the end of a run, ended at once by the user.

use crate::clock;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::watch;

/// A handle on the deadline of one or more exporters; clones share it.
#[derive(Debug, Clone)]
pub struct Deadline(Arc<watch::Sender<State>>);

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct State {
    until: Option<Instant>,
    cancelled: bool,
}

/// Why there is no time left.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Over {
    /// The deadline has passed.
    #[error("no time is left; raise --export-timeout")]
    Passed,
    /// The user does not want to wait.
    #[error("the user stopped it")]
    Cancelled,
}

impl Over {
    /// Why a request was ended, in words; `met`: what its last try met.
    pub(crate) fn told(self, met: Option<String>) -> String {
        match self {
            Self::Passed => met.unwrap_or_else(|| "no response in the time that was left".into()),
            Self::Cancelled => self.to_string(),
        }
    }
}

impl Default for Deadline {
    fn default() -> Self {
        Self(Arc::new(watch::Sender::new(State::default())))
    }
}

impl Deadline {
    /// No limit, until one is set.
    pub fn new() -> Self {
        Self::default()
    }

    /// Work ends in `time` from now; replaces a limit set before.
    pub fn set(&self, time: Duration) {
        let until = clock::instant().checked_add(time);
        self.0.send_modify(|state| state.until = until);
    }

    /// Work has no limit again.
    pub fn clear(&self) {
        self.0.send_modify(|state| state.until = None);
    }

    /// Ends all waits at once, for good.
    pub fn cancel(&self) {
        self.0.send_modify(|state| state.cancelled = true);
    }

    /// The time left; none: there is no limit.
    ///
    /// # Errors
    /// There is none left.
    pub fn left(&self) -> Result<Option<Duration>, Over> {
        left(*self.0.borrow())
    }

    /// Waits until it is over, whatever is set meanwhile.
    pub(crate) async fn over(&self) -> Over {
        let mut changes = self.0.subscribe();
        loop {
            let state = *changes.borrow_and_update();
            match left(state) {
                Err(over) => return over,
                Ok(Some(left)) => {
                    let _ = tokio::time::timeout(left, changes.changed()).await;
                }
                Ok(None) => {
                    let _ = changes.changed().await;
                }
            }
        }
    }
}

fn left(state: State) -> Result<Option<Duration>, Over> {
    if state.cancelled {
        return Err(Over::Cancelled);
    }
    let Some(until) = state.until else { return Ok(None) };
    let left = until.saturating_duration_since(clock::instant());
    if left.is_zero() { Err(Over::Passed) } else { Ok(Some(left)) }
}

#[cfg(test)]
mod tests;
