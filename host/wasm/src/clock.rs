//! The crate's one clock: it limits calls into guests and dates files of the cache. No
//! reported time comes from it.
#![expect(clippy::disallowed_methods, reason = "this is the crate's one clock")]

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// Now, on the monotonic clock.
pub(crate) fn now() -> Instant {
    Instant::now()
}

/// Time of day, since the Unix epoch.
pub(crate) fn wall() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}
