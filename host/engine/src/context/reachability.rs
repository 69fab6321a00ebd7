//! What an attempt shows about the service: whether it can be reached, and whether it asks for less
//! load. Decides when a service counts as gone.

use loadwright_core::Nanos;
use loadwright_core::outcome::Outcome;
use loadwright_timing::clock;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::{Duration, UNIX_EPOCH};

/// What an attempt shows about the service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reachability {
    /// The service took the request, whatever it made of it.
    Reached,
    /// The service answered 429 or 503: it asks for less load.
    Overloaded {
        /// How long it asks to be left alone, if it says so.
        retry_after: Option<Nanos>,
    },
    /// There was no connection, or it broke before a reply began.
    Unreachable,
    /// A limit of this machine was hit: nothing is known of the service.
    LocalLimit,
    /// Nothing was sent.
    NotAttempted,
}

impl Reachability {
    /// What an attempt shows that ended with `failure`, or well; `reply_began`: some of a reply came.
    pub(crate) fn of(failure: Option<Outcome>, reply_began: bool) -> Self {
        match failure {
            Some(Outcome::LocalLimit) => Self::LocalLimit,
            Some(Outcome::Reset | Outcome::Truncated) if !reply_began => Self::Unreachable,
            Some(outcome) if outcome.is_connection_failure() => Self::Unreachable,
            _ => Self::Reached,
        }
    }

    /// What a reply with `status` and a `retry-after` header shows, if it asks for less load, however
    /// it then ended. `wall` is the wall clock in nanoseconds since the Unix epoch.
    pub(crate) fn overloaded(status: u16, retry_after: Option<&str>, wall: u64) -> Option<Self> {
        matches!(status, 429 | 503).then(|| Self::Overloaded {
            retry_after: retry_after.and_then(|value| parse_retry_after(value, wall)),
        })
    }

    /// How long the service asks to be left alone, if it says so.
    pub(crate) fn retry_after(self) -> Option<Nanos> {
        if let Self::Overloaded { retry_after } = self { retry_after } else { None }
    }
}

/// Reads a `retry-after` header, as nanoseconds from now: seconds, or a date (RFC 9110, 10.2.3). A
/// date in the past is 0.
fn parse_retry_after(value: &str, wall: u64) -> Option<Nanos> {
    if let Ok(seconds) = value.parse::<u64>() {
        return Some(seconds.saturating_mul(1_000_000_000));
    }
    let date = httpdate::parse_http_date(value).ok()?.duration_since(UNIX_EPOCH).ok()?;
    Some(u64::try_from(date.as_nanos()).unwrap_or(u64::MAX).saturating_sub(wall))
}

/// Decides when a service counts as gone: when nothing but connection failures were seen for longer
/// than a limit.
#[derive(Debug)]
pub(crate) struct ReachabilityMonitor {
    /// Since when there were only failures; 0: the service was reached last.
    failing_since: AtomicU64,
    give_up_after: Nanos,
}

impl ReachabilityMonitor {
    /// A monitor that gives up after `give_up_after` of failures.
    pub(crate) fn new(give_up_after: Duration) -> Self {
        Self { failing_since: AtomicU64::new(0), give_up_after: clock::nanos(give_up_after) }
    }

    /// Takes what an attempt showed; true: the service counts as gone.
    pub(crate) fn observe(&self, reachability: Reachability) -> bool {
        match reachability {
            Reachability::Reached | Reachability::Overloaded { .. } => {
                self.reached();
                false
            }
            Reachability::Unreachable => self.is_gone(),
            Reachability::LocalLimit | Reachability::NotAttempted => false,
        }
    }

    /// The service has sent something.
    pub(crate) fn reached(&self) {
        // Nearly always it is 0 already, and engine threads share the cache line.
        if self.failing_since.load(Relaxed) != 0 {
            self.failing_since.store(0, Relaxed);
        }
    }

    fn is_gone(&self) -> bool {
        let now = clock::now();
        match self.failing_since.compare_exchange(0, now, Relaxed, Relaxed) {
            Ok(_) => false,
            Err(since) => now.saturating_sub(since) > self.give_up_after,
        }
    }
}

#[cfg(test)]
mod tests;
