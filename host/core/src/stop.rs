//! A flag by which code that runs for long learns that its result is no longer wanted. Who raises it
//! and what then becomes of the run is the engine's business.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Raised once and for good; clones share it.
#[derive(Debug, Clone, Default)]
pub struct StopFlag(Arc<AtomicBool>);

impl StopFlag {
    /// Asks everyone who looks at the flag to stop.
    pub fn raise(&self) {
        self.0.store(true, Ordering::Release);
    }

    /// Whether to stop.
    pub fn is_raised(&self) -> bool {
        self.0.load(Ordering::Acquire)
    }
}
