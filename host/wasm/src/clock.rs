//! The crate's one clock: it limits calls into guests, and times nothing that is reported.
#![expect(clippy::disallowed_methods, reason = "this is the crate's one clock")]

use std::time::Instant;

/// Now, on the monotonic clock.
pub(crate) fn now() -> Instant {
    Instant::now()
}
