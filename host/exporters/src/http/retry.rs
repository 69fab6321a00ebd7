//! Whether and when a request is sent again.

use super::failure::{Failure, Kind};
use super::reply::Reply;
use http::HeaderMap;
use http::header::RETRY_AFTER;
use loadwright_core::export::http::Retry;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::time::{Duration, SystemTime};

/// How often requests are sent again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    /// Tries of one request, the first included.
    pub tries: u32,
    /// The first pause; each further one is twice as long.
    pub first: Duration,
    /// The longest pause.
    pub longest: Duration,
    /// The longest Retry-After that is waited for; a longer one ends the tries.
    pub longest_asked: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            tries: 8,
            first: Duration::from_millis(500),
            longest: Duration::from_secs(30),
            longest_asked: Duration::from_secs(300),
        }
    }
}

/// The pause before the request is sent again after try number `tried`; none: it is not.
pub(super) fn pause(
    retry: Retry,
    pace: Pace,
    tried: u32,
    outcome: &Result<Reply, Failure>,
    now: SystemTime,
) -> Option<Duration> {
    if tried >= pace.tries || !is_worth(retry, outcome) {
        return None;
    }
    pace.pause(tried, outcome.as_ref().ok().and_then(|reply| asked(&reply.headers, now)))
}

impl Pace {
    /// The pause after try number `tried`; none: the server asked for too long a one.
    pub(crate) fn pause(self, tried: u32, asked: Option<Duration>) -> Option<Duration> {
        let doubled = self.first.saturating_mul(1 << (tried - 1).min(16)).min(self.longest);
        let own = doubled.mul_f64(0.5 + 0.5 * random());
        let asked = asked.unwrap_or_default();
        (asked <= self.longest_asked).then_some(own.max(asked))
    }
}

fn is_worth(retry: Retry, outcome: &Result<Reply, Failure>) -> bool {
    match (retry, outcome) {
        (Retry::Never, _) => false,
        (Retry::Unsent, Ok(reply)) => matches!(reply.status, 429 | 503),
        (Retry::Unsent, Err(failure)) => failure.kind == Kind::Unsent,
        (Retry::Always, Ok(reply)) => {
            matches!(reply.status, 408 | 429 | 500 | 502..=504 | 506..=599)
        }
        (Retry::Always, Err(failure)) => failure.kind != Kind::Final,
    }
}

/// What Retry-After asks for: seconds, or a date.
pub(crate) fn asked(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Some(Duration::from_secs(text.parse().unwrap_or(u64::MAX)));
    }
    let date = httpdate::parse_http_date(text).ok()?;
    Some(date.duration_since(now).unwrap_or_default())
}

/// 0 to 1, so that clients that failed together do not come back together.
fn random() -> f64 {
    let bits = RandomState::new().build_hasher().finish();
    (bits >> 11) as f64 / (1_u64 << 53) as f64
}
