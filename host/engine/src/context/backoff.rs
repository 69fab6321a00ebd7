//! How long to wait before the next request after one that failed. Reads no clock and does not
//! sleep.

use loadwright_core::Nanos;
use rand::{Rng as _, SeedableRng as _};
use rand_chacha::ChaCha12Rng;
use std::time::Duration;

/// The delay after a first failure.
const INITIAL: Duration = Duration::from_millis(100);
/// The longest delay that the service did not ask for.
const MAX: Duration = Duration::from_secs(2);
/// The longest delay that a service may ask for.
const MAX_RETRY_AFTER: Duration = Duration::from_secs(60);

/// Identifies one delay of a point, so that its random part is the same for the same seed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Backoff {
    /// The point's seed.
    pub(crate) seed: u64,
    /// The slot that failed.
    pub(crate) seq: u64,
    /// The turn of its conversation.
    pub(crate) turn: u32,
    /// Consecutive failures before this one.
    pub(crate) failures: u32,
}

impl Backoff {
    /// The delay in nanoseconds: 0.1 s, doubled with each consecutive failure up to 2 s; if the
    /// service asks for more by `retry_after`, that, up to 60 s. A random part of up to half of the
    /// former is added, so that clients that failed together do not retry together.
    pub(crate) fn delay(self, retry_after: Option<Nanos>) -> Nanos {
        /// Keeps delays independent of every other use of the run's seed.
        const STREAM: u64 = 0x7761_6974_735f_0000;
        let doubled = INITIAL.saturating_mul(1 << self.failures.min(16)).min(MAX).as_nanos() as u64;
        let mut rng = ChaCha12Rng::seed_from_u64(self.seed ^ STREAM ^ u64::from(self.turn) << 32);
        rng.set_stream(self.seq);
        rng.set_word_pos(u128::from(self.failures) * 16);
        let jitter = rng.random_range(0..=doubled / 2);
        let asked = retry_after.unwrap_or_default().min(MAX_RETRY_AFTER.as_nanos() as u64);
        doubled.max(asked) + jitter
    }
}

#[cfg(test)]
mod tests;
