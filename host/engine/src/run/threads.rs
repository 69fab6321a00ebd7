//! The threads of a point: started together, so that none waits for one that could not be spawned,
//! and joined at its end.

use crate::context::PointContext;
use crate::error::EngineError;
use loadwright_core::sample::EndReason;
use loadwright_timing::thread::spawn_scoped;
use std::io;
use std::sync::{Arc, OnceLock};
use std::thread::{Scope, ScopedJoinHandle};

/// The threads of a point.
pub(super) struct Threads<'scope, 'env> {
    scope: &'scope Scope<'scope, 'env>,
    point: &'scope Arc<PointContext>,
    /// Whether the threads work: set once all are spawned, or one could not be.
    started: &'scope OnceLock<bool>,
    running: Vec<ScopedJoinHandle<'scope, Result<(), EngineError>>>,
}

impl<'scope, 'env> Threads<'scope, 'env> {
    pub(super) fn new(
        scope: &'scope Scope<'scope, 'env>,
        point: &'scope Arc<PointContext>,
        started: &'scope OnceLock<bool>,
    ) -> Self {
        Self { scope, point, started, running: Vec::new() }
    }

    /// Spawns a thread that does `work` once all are started.
    ///
    /// # Errors
    /// The thread could not be spawned; those that were end without working.
    pub(super) fn spawn(
        &mut self,
        name: &str,
        work: impl FnOnce() -> Result<(), EngineError> + Send + 'scope,
    ) -> io::Result<()> {
        let (point, started) = (self.point, self.started);
        let work_once_started = move || {
            if !started.wait() {
                return Ok(());
            }
            let result = work();
            if result.is_err() {
                // The slots that this thread was to prepare would never be ready.
                point.lifecycle.end(EndReason::PluginFailed);
            }
            result
        };
        match spawn_scoped(self.scope, name, work_once_started) {
            Ok(thread) => self.running.push(thread),
            Err(error) => {
                // It cannot be set already: only this thread spawns and starts.
                let _ = self.started.set(false);
                return Err(error);
            }
        }
        Ok(())
    }

    /// Starts the work of all threads.
    pub(super) fn start(&self) {
        let _ = self.started.set(true);
    }

    /// Waits until all threads have ended.
    ///
    /// # Errors
    /// The first failure of any of them.
    pub(super) fn join(self) -> Result<(), EngineError> {
        self.running
            .into_iter()
            .map(ScopedJoinHandle::join)
            .try_for_each(|result| result.expect("a thread of the engine panicked"))
    }
}
