//! Exchanges of which parts were read: what they hold, and their memory for the next ones.

use super::Interpreter;
use crate::context::budget::Claim;
use crate::interpret::reading::Reading;
use crate::messages::capture::FrameStamp;
use loadwright_core::timeline::OutputFrame;

/// An exchange as far as it was read.
pub(super) struct Partial {
    pub(super) reading: Reading,
    pub(super) frames: Vec<OutputFrame>,
    pub(super) last: Option<FrameStamp>,
    /// What it holds.
    pub(super) claim: Claim,
}

impl Partial {
    /// Bytes that it has taken, used or not.
    pub(super) fn held(&self) -> usize {
        self.reading.held() + self.frames.capacity() * size_of::<OutputFrame>()
    }
}

/// The largest reading that is kept to be used again.
const KEPT: usize = 256 * 1024;

impl Interpreter<'_> {
    /// An exchange of which nothing was read.
    pub(super) fn fresh(&mut self) -> Partial {
        self.spare.pop().unwrap_or_else(|| {
            let reading =
                if self.point.keeps_text() { Reading::new() } else { Reading::without_text() };
            let claim = self.point.budget.claim();
            Partial { reading, frames: Vec::new(), last: None, claim }
        })
    }

    /// Keeps the memory of an exchange that is over, where it is not much.
    pub(super) fn spare(&mut self, mut partial: Partial) {
        partial.reading.clear();
        partial.last = None;
        let held = partial.held();
        if held <= KEPT {
            partial.claim.resize(held);
            self.spare.push(partial);
        }
    }
}
