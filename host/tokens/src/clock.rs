//! The crate's one clock: the date that chat templates may print.

use time::OffsetDateTime;

/// Now, in local time; in UTC if the time zone is unknown.
pub(crate) fn today() -> OffsetDateTime {
    OffsetDateTime::now_local().unwrap_or_else(|_| OffsetDateTime::now_utc())
}
