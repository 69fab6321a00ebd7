//! What replies may hold of this machine's memory: one reply, and all of them together, from the
//! first byte that is read to the record that every sink has taken.
//!
//! Whoever holds a part of a reply has a [`Claim`] of its size, which ends with it. Claims are made
//! each time so many bytes have come, never for each frame. What a claim cannot see is bounded
//! elsewhere: less than such a step for each connection, and the queue of the file of records.

use crate::messages::Failure;
use loadwright_core::outcome::Outcome;
use loadwright_core::plan::ReplyLimits;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// Bytes of a reply that are kept in one piece, for `decode` or for a later turn.
pub(crate) const WHOLE: usize = 16 * 1024 * 1024;

/// What replies may hold, and what they hold.
#[derive(Debug)]
pub(crate) struct Budget {
    limits: ReplyLimits,
    held: AtomicU64,
}

impl Budget {
    /// A budget of which nothing is used.
    pub(crate) fn new(limits: ReplyLimits) -> Arc<Self> {
        Arc::new(Self { limits, held: AtomicU64::new(0) })
    }

    /// Whether one reply may be as large as this: bytes of its body, and its frames.
    ///
    /// # Errors
    /// It may not.
    pub(crate) fn allows(&self, bytes: u64, frames: u64) -> Result<(), Failure> {
        if bytes > self.limits.bytes {
            let most = mib(self.limits.bytes);
            let text = format!("the reply is larger than {most} MiB; see --max-reply-size");
            return Err(too_large(text));
        }
        if frames > self.limits.frames {
            let most = self.limits.frames;
            let text = format!("the reply has more than {most} frames; see --max-reply-frames");
            return Err(too_large(text));
        }
        Ok(())
    }

    /// Whether a reply may be kept in one piece of so many bytes.
    ///
    /// # Errors
    /// It may not.
    pub(crate) fn allows_whole(bytes: usize) -> Result<(), Failure> {
        if bytes <= WHOLE {
            return Ok(());
        }
        let text = "the reply is larger than the 16 MiB that are kept for `decode` or a later turn";
        Err(too_large(text.into()))
    }

    /// Whether all replies together are within their share of the memory: if not, those that grow
    /// have to end.
    ///
    /// # Errors
    /// They are not.
    pub(crate) fn has_room(&self) -> Result<(), Failure> {
        if self.held.load(Relaxed) <= self.limits.memory {
            return Ok(());
        }
        let most = mib(self.limits.memory);
        let text = format!("replies together hold more than {most} MiB; see --max-reply-memory");
        Err(too_large(text))
    }

    /// Bytes that may wait to be interpreted before nothing more is sent.
    pub(crate) fn backlog(&self) -> u64 {
        /// More would not make a run faster.
        const MOST: u64 = 128 * 1024 * 1024;
        MOST.min(self.limits.memory / 2)
    }

    /// A claim of nothing yet.
    pub(crate) fn claim(self: &Arc<Self>) -> Claim {
        Claim { budget: Arc::clone(self), bytes: 0 }
    }
}

fn mib(bytes: u64) -> u64 {
    bytes >> 20
}

fn too_large(text: String) -> Failure {
    Failure::new(Outcome::TooLarge, text)
}

/// Bytes that a part of a reply holds. Dropped, it gives them back.
#[derive(Debug)]
pub(crate) struct Claim {
    budget: Arc<Budget>,
    bytes: u64,
}

impl Claim {
    /// The part now holds so many bytes.
    pub(crate) fn resize(&mut self, bytes: usize) {
        let bytes = bytes as u64;
        if bytes > self.bytes {
            self.budget.held.fetch_add(bytes - self.bytes, Relaxed);
        } else if bytes < self.bytes {
            self.budget.held.fetch_sub(self.bytes - bytes, Relaxed);
        }
        self.bytes = bytes;
    }

    /// A claim of its own for a part of so many bytes.
    pub(crate) fn beside(&self, bytes: usize) -> Self {
        let mut claim = self.budget.claim();
        claim.resize(bytes);
        claim
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        self.resize(0);
    }
}

#[cfg(test)]
mod tests;
