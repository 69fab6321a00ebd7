//! Randomness as a function: the same seed, label and index give the same bytes, on any thread and
//! in any order.
//!
//! The bytes are the keystream of ChaCha8 with the key SHA-256(`"loadwright random"`, seed as 8
//! bytes little-endian, index as 4 bytes little-endian, label) and a zero nonce. The plugin is not
//! part of the key: a copy under another name generates the same data.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};
use sha2::{Digest, Sha256};

/// The stream of `label` at `index`.
pub(crate) fn stream(seed: u64, label: &str, index: u32) -> ChaCha8Rng {
    let mut key = Sha256::new();
    key.update(b"loadwright random");
    key.update(seed.to_le_bytes());
    key.update(index.to_le_bytes());
    key.update(label.as_bytes());
    ChaCha8Rng::from_seed(key.finalize().into())
}

/// The first `count` bytes of a stream.
pub(crate) fn bytes(seed: u64, label: &str, index: u32, count: u32) -> Vec<u8> {
    let mut bytes = vec![0; count as usize];
    stream(seed, label, index).fill_bytes(&mut bytes);
    bytes
}
