//! What exporters know of the run beside its store: whether it goes on, and until when they may work.

use crate::clock;
use crate::deadline::{Deadline, Over};
use loadwright_core::export::ExportEnd;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// A run, as its exporters watch it.
#[derive(Debug, Default)]
pub struct RunWatch {
    ended: Mutex<Option<ExportEnd>>,
    changed: Condvar,
    deadline: Deadline,
}

impl RunWatch {
    /// A run that goes on.
    pub fn new() -> Self {
        Self::default()
    }

    /// The deadline, for what exporters do beside waiting.
    pub fn deadline(&self) -> &Deadline {
        &self.deadline
    }

    /// The run has ended and its files are written; exporters may go on for `timeout`.
    pub fn end(&self, end: ExportEnd, timeout: Duration) {
        self.deadline.set(timeout);
        *self.lock() = Some(end);
        self.changed.notify_all();
    }

    /// Exporters end at once.
    pub fn cancel(&self) {
        self.deadline.cancel();
        // Under the lock, so that one that is about to wait is woken too.
        let _ended = self.lock();
        self.changed.notify_all();
    }

    /// The run has ended: exporters send what is left.
    pub fn is_over(&self) -> bool {
        self.ended().is_some()
    }

    /// How the run has ended; none: it goes on.
    pub(super) fn ended(&self) -> Option<ExportEnd> {
        *self.lock()
    }

    /// Waits for a change, at most for `time`.
    ///
    /// # Errors
    /// There is no time left.
    pub(super) fn wait(&self, time: Duration) -> Result<(), Over> {
        let ended = self.lock();
        let left = self.deadline.left()?;
        let time = left.map_or(time, |left| left.min(time));
        let _ended = self.changed.wait_timeout(ended, time).unwrap_or_else(PoisonError::into_inner);
        Ok(())
    }

    /// Waits for `time`, whatever changes.
    ///
    /// # Errors
    /// There is no time left.
    pub(super) fn pause(&self, time: Duration) -> Result<(), Over> {
        let end = clock::instant().checked_add(time);
        while let Some(left) = end.and_then(|end| end.checked_duration_since(clock::instant())) {
            if left.is_zero() {
                break;
            }
            self.wait(left)?;
        }
        Ok(())
    }

    fn lock(&self) -> MutexGuard<'_, Option<ExportEnd>> {
        self.ended.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
