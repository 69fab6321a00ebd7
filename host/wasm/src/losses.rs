//! The instances that a plugin lost to traps and limits, and the time that these calls took. A plugin
//! that lost too much of either is clearly broken, and is not started again.

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering::Relaxed};
use std::time::Duration;

/// Instances that a plugin may lose.
const INSTANCES: u32 = 1000;

/// Time that a plugin may lose: this, or twelve calls that take all their time.
const TIME: Duration = Duration::from_secs(60);
const CALLS: u32 = 12;

/// What one plugin lost, on all threads.
#[derive(Debug, Default)]
pub(crate) struct Losses {
    instances: AtomicU32,
    millis: AtomicU64,
}

impl Losses {
    /// Counts an instance, lost in a call that took `time`.
    pub(crate) fn add(&self, time: Duration) {
        self.instances.fetch_add(1, Relaxed);
        let millis = u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
        self.millis.fetch_add(millis, Relaxed);
    }

    /// Instances lost so far.
    pub(crate) fn instances(&self) -> u32 {
        self.instances.load(Relaxed)
    }

    /// Why a plugin whose calls may take `timeout` is not started again.
    pub(crate) fn exhausted(&self, timeout: Duration) -> Option<String> {
        let (instances, time) =
            (self.instances(), Duration::from_millis(self.millis.load(Relaxed)));
        let lost_time = time >= TIME.max(timeout.saturating_mul(CALLS));
        (lost_time || instances >= INSTANCES).then(|| {
            format!(
                "it lost {instances} instances and {:.1} s to traps and limits, and is not started \
                 again",
                time.as_secs_f64()
            )
        })
    }
}

#[cfg(test)]
mod tests;
