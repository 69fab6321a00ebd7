//! A flag that tells long-running code that its result is no longer needed. What raises it, and what
//! becomes of the run then, is up to the engine.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Raised once and never lowered; clones share it.
#[derive(Debug, Clone, Default)]
pub struct StopFlag(Arc<AtomicBool>);

impl StopFlag {
    /// Asks all code that checks the flag to stop.
    pub fn raise(&self) {
        self.0.store(true, Ordering::Release);
    }

    /// Whether to stop.
    pub fn is_raised(&self) -> bool {
        self.0.load(Ordering::Acquire)
    }
}
