//! The randomness of one text.

use loadwright_core::ports::Synthesis;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use sha2::{Digest, Sha256};

/// Randomness of one text: keyed by seed, label and index, so that it is the same on any thread and
/// in any order.
pub(super) fn stream(request: &Synthesis<'_>) -> ChaCha8Rng {
    let mut key = Sha256::new();
    key.update(request.seed.to_le_bytes());
    key.update(request.index.to_le_bytes());
    key.update(request.label.as_bytes());
    ChaCha8Rng::from_seed(key.finalize().into())
}
