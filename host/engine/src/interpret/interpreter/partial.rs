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
    /// An attempt of which nothing was read.
    pub(super) fn new_partial(&mut self) -> Partial {
        self.pool.pop().unwrap_or_else(|| {
            let reading =
                if self.context.keeps_text() { Reading::new() } else { Reading::without_text() };
            let claim = self.context.point.budget.claim();
            Partial { reading, frames: Vec::new(), last: None, claim }
        })
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
