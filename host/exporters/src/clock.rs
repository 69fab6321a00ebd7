//! The only place of this crate that reads the clock.

#![expect(clippy::disallowed_methods, reason = "this is the crate's one clock")]

use std::time::{Instant, SystemTime, UNIX_EPOCH};

/// A moment, for timeouts.
pub(crate) fn instant() -> Instant {
    Instant::now()
}

/// Time of day.
pub(crate) fn time_of_day() -> SystemTime {
    SystemTime::now()
}

/// Seconds since the Unix epoch; 0 before it.
pub(crate) fn seconds_since_epoch() -> f64 {
    time_of_day().duration_since(UNIX_EPOCH).map_or(0.0, |since| since.as_secs_f64())
}
