//! Attempts of which some frames were read, and a pool of their memory.

use super::Interpreter;
use crate::context::budget::Claim;
use crate::interpret::reading::Reading;
use crate::messages::capture::FrameStamp;
use loadwright_core::timeline::OutputFrame;

/// An attempt as far as it was read.
pub(super) struct Partial {
    pub(super) reading: Reading,
    pub(super) frames: Vec<OutputFrame>,
    pub(super) last: Option<FrameStamp>,
    /// What it holds.
    pub(super) claim: Claim,
}

impl Partial {
    /// Bytes that it has allocated.
    pub(super) fn held(&self) -> usize {
        self.reading.held() + self.frames.capacity() * size_of::<OutputFrame>()
    }
}

/// The largest that is kept for reuse.
const MAX_POOLED_BYTES: usize = 256 * 1024;

impl Interpreter {
    /// An attempt of which nothing was read. Its text is kept to count tokens, or where a later turn
    /// repeats it.
    pub(super) fn new_partial(&mut self, needs_reply: bool) -> Partial {
        let mut partial = self.pool.pop().unwrap_or_else(|| {
            let claim = self.context.point.budget.claim();
            Partial { reading: Reading::new(), frames: Vec::new(), last: None, claim }
        });
        partial.reading.keep_text(needs_reply || self.context.counts_text());
        partial
    }

    /// Keeps the memory of an attempt that has ended, unless it is large.
    pub(super) fn reuse(&mut self, mut partial: Partial) {
        partial.reading.clear();
        partial.last = None;
        let held = partial.held();
        if held <= MAX_POOLED_BYTES {
            partial.claim.resize(held);
            self.pool.push(partial);
        }
    }
}
