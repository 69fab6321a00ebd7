//! What a guest can observe through WASI: seeded randomness, and clocks that do not follow real
//! time. The functions that expose it are in `wasi`.

use crate::seeded;
use rand_chacha::ChaCha8Rng;

/// The time of day that API and dataset plugins see, in seconds since the Unix epoch: the beginning of
/// 2026, always.
pub(crate) const WALL: u64 = 1_767_225_600;

/// The WASI state of one store.
pub(crate) struct ClosedWasi {
    seed: u64,
    pub(crate) random: ChaCha8Rng,
    /// The monotonic clock in microseconds: each reading advances it by one.
    pub(crate) readings: u64,
}

impl ClosedWasi {
    pub(crate) fn new(seed: u64) -> Self {
        Self { seed, random: seeded::stream(seed, "wasi", 0), readings: 0 }
    }

    /// Begins the randomness of a call anew, so that it does not depend on the calls before.
    pub(crate) fn begin(&mut self, call: &str, first: u32) {
        self.random = seeded::stream(self.seed, &format!("wasi {call}"), first);
    }
}
