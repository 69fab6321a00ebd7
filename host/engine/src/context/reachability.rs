//! What an attempt says of the service, and how long to wait before the next: whether it is there,
//! whether it wants less, and when it wants to be asked again. Reads no clock and sleeps nowhere.

use crate::exchange::response::head::Head;
use loadwright_core::Nanos;
use loadwright_core::outcome::Outcome;
use rand::{Rng as _, SeedableRng as _};
use rand_chacha::ChaCha12Rng;
use std::time::{Duration, UNIX_EPOCH};

/// Who was met on an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Contact {
    /// The service: it took the request, whatever it made of it.
    Service,
    /// The service, which asks for less: 429 or 503, and how long it wants to be left alone.
    Refusal(Option<Nanos>),
    /// Nobody: no connection, or one that went down before a reply began.
    Nobody,
    /// This machine's own limits: nothing is known of the service.
    LocalLimit,
    /// Nothing was sent.
    Untried,
}

/// The least wait where another attempt at once would fail as this one did.
const LEAST: Duration = Duration::from_millis(100);
/// The longest wait that the service did not ask for.
const MOST: Duration = Duration::from_secs(2);
/// The longest wait that is granted to a service which asks for one.
const GRANTED: Duration = Duration::from_secs(60);

impl Contact {
    /// What an attempt says that failed with `failure`, where it did not end well; `begun`: a reply
    /// had begun.
    pub(crate) fn of(failure: Option<Outcome>, begun: bool) -> Self {
        match failure {
            Some(Outcome::LocalLimit) => Self::LocalLimit,
            Some(Outcome::Reset | Outcome::Truncated) if !begun => Self::Nobody,
            Some(outcome) if outcome.is_connection_failure() => Self::Nobody,
            _ => Self::Service,
        }
    }

    /// The refusal that a reply with `head` is, where it is one, however it then ended. `wall` is the
    /// wall clock in nanoseconds since the Unix epoch.
    pub(crate) fn refusal(head: Option<&Head>, wall: u64) -> Option<Self> {
        let head = head.filter(|head| matches!(head.status, 429 | 503))?;
        Some(Self::Refusal(head.retry_after.as_deref().and_then(|value| told(value, wall))))
    }

    /// How long a service that refuses wants to be left alone, where it says so.
    pub(crate) fn asks(self) -> Option<Nanos> {
        if let Self::Refusal(told) = self { told } else { None }
    }
}

/// Which wait of a point, so that its random part is the same for the same seed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Wait {
    /// The point's seed.
    pub(crate) seed: u64,
    /// The slot that failed.
    pub(crate) seq: u64,
    /// The turn of its conversation.
    pub(crate) turn: u32,
    /// Failures in a row before this one.
    pub(crate) failures: u32,
}

impl Wait {
    /// Nanoseconds to wait: 0.1 s, doubled with each failure in a row up to 2 s; where the service
    /// `asks` for more, that, up to 60 s. Up to half of the first is added at random, so that those
    /// who were refused together do not come back together.
    pub(crate) fn span(self, asks: Option<Nanos>) -> Nanos {
        /// Keeps waits apart from every other use of the run's seed.
        const WAITS: u64 = 0x7761_6974_735f_0000;
        let doubled = LEAST.saturating_mul(1 << self.failures.min(16)).min(MOST).as_nanos() as u64;
        let mut rng = ChaCha12Rng::seed_from_u64(self.seed ^ WAITS ^ u64::from(self.turn) << 32);
        rng.set_stream(self.seq);
        rng.set_word_pos(u128::from(self.failures) * 16);
        let jitter = rng.random_range(0..=doubled / 2);
        let asked = asks.unwrap_or_default().min(GRANTED.as_nanos() as u64);
        doubled.max(asked) + jitter
    }
}

/// What a `retry-after` header asks for, in nanoseconds: seconds, or a date (RFC 9110, 10.2.3). A
/// date that is over asks for nothing.
fn told(value: &str, wall: u64) -> Option<Nanos> {
    if let Ok(seconds) = value.parse::<u64>() {
        return Some(seconds.saturating_mul(1_000_000_000));
    }
    let date = httpdate::parse_http_date(value).ok()?.duration_since(UNIX_EPOCH).ok()?;
    Some(u64::try_from(date.as_nanos()).unwrap_or(u64::MAX).saturating_sub(wall))
}

#[cfg(test)]
mod tests;
