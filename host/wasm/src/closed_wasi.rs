//! What a guest can observe through WASI: seeded randomness, and clocks that do not follow real
//! time. The functions that expose it are in `wasi`.

use crate::seeded;
use rand_chacha::ChaCha8Rng;
use std::time::Duration;

/// The WASI state of one store.
pub(crate) struct ClosedWasi {
    pub(crate) random: ChaCha8Rng,
    /// Time of day when the host started, since the Unix epoch.
    pub(crate) wall: Duration,
    /// The monotonic clock in microseconds: each reading advances it by one.
    pub(crate) readings: u64,
}

impl ClosedWasi {
    pub(crate) fn new(seed: u64, wall: Duration) -> Self {
        Self { random: seeded::stream(seed, "wasi", 0), wall, readings: 0 }
    }
}
