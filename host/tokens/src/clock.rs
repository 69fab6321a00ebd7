//! The one place of this crate that reads a clock: the date that chat templates may print.

use time::OffsetDateTime;

/// Now, in local time; in UTC where the system does not say which zone that is.
pub(crate) fn today() -> OffsetDateTime {
    OffsetDateTime::now_local().unwrap_or_else(|_| OffsetDateTime::now_utc())
}
