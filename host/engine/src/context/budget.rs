//! Limits on the memory that replies may hold: one reply, and all of them together, from the first
//! byte read to the record that every sink has taken.
//!
//! Whatever holds a part of a reply has a [`Claim`] of its size, which is returned when it is
//! dropped. Claims are resized once per 64 KiB or so, never per frame. What they do not cover is
//! bounded elsewhere: less than such a step per connection, and the queue of the records file.

use loadwright_core::plan::ReplyLimits;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// The largest reply that is kept as a whole, for `decode` or for a later turn.
pub(crate) const MAX_WHOLE: usize = 16 * 1024 * 1024;

/// A reply holds more than a limit allows.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ReplyTooLarge {
    #[error("the reply is larger than {0} MiB; see --max-reply-size")]
    Bytes(u64),
    #[error("the reply has more than {0} frames; see --max-reply-frames")]
    Frames(u64),
    #[error("the reply is larger than the 16 MiB that are kept for `decode` or a later turn")]
    Whole,
    #[error("replies together hold more than {0} MiB; see --max-reply-memory")]
    Total(u64),
}

/// The memory that replies hold, and its limits.
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

    /// Checks one reply that has `bytes` of body and `frames` so far.
    ///
    /// # Errors
    /// It is larger than one reply may be.
    pub(crate) fn check_reply(&self, bytes: u64, frames: u64) -> Result<(), ReplyTooLarge> {
        if bytes > self.limits.bytes {
            return Err(ReplyTooLarge::Bytes(mib(self.limits.bytes)));
        }
        if frames > self.limits.frames {
            return Err(ReplyTooLarge::Frames(self.limits.frames));
        }
        Ok(())
    }

    /// Checks a reply of which `bytes` are kept as a whole.
    ///
    /// # Errors
    /// It is larger than that may be.
    pub(crate) fn check_whole(bytes: usize) -> Result<(), ReplyTooLarge> {
        if bytes <= MAX_WHOLE { Ok(()) } else { Err(ReplyTooLarge::Whole) }
    }

    /// Checks all replies together. Over the limit, replies that still grow have to end.
    ///
    /// # Errors
    /// They hold more than they may.
    pub(crate) fn check_total(&self) -> Result<(), ReplyTooLarge> {
        if self.held.load(Relaxed) <= self.limits.memory {
            return Ok(());
        }
        Err(ReplyTooLarge::Total(mib(self.limits.memory)))
    }

    /// Bytes that may wait to be interpreted before sending pauses.
    pub(crate) fn max_backlog(&self) -> u64 {
        /// A larger backlog would not make a run faster.
        const MAX: u64 = 128 * 1024 * 1024;
        MAX.min(self.limits.memory / 2)
    }

    /// A claim of 0 bytes.
    pub(crate) fn claim(self: &Arc<Self>) -> Claim {
        Claim { budget: Arc::clone(self), bytes: 0 }
    }
}

fn mib(bytes: u64) -> u64 {
    bytes >> 20
}

/// Bytes that a part of a reply holds, returned to the budget on drop.
#[derive(Debug)]
pub(crate) struct Claim {
    budget: Arc<Budget>,
    bytes: u64,
}

impl Claim {
    /// The part holds `bytes` now.
    pub(crate) fn resize(&mut self, bytes: usize) {
        let bytes = bytes as u64;
        if bytes > self.bytes {
            self.budget.held.fetch_add(bytes - self.bytes, Relaxed);
        } else if bytes < self.bytes {
            self.budget.held.fetch_sub(self.bytes - bytes, Relaxed);
        }
        self.bytes = bytes;
    }

    /// A separate claim of `bytes` on the same budget.
    pub(crate) fn another(&self, bytes: usize) -> Self {
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
