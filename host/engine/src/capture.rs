//! Frames of a reply as they came, each with its two stamps: what the engine threads hand to the
//! interpreters. Nothing here knows what a frame means.

use crate::framing::Frames;
use loadwright_core::Nanos;
use std::sync::Mutex;

/// Frames and their stamps, in order.
#[derive(Debug, Default)]
pub(crate) struct Capture {
    /// The frames' payloads.
    pub(crate) frames: Frames,
    /// One for each frame.
    pub(crate) stamps: Vec<FrameStamp>,
}

/// When the read that completed a frame happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct FrameStamp {
    /// By the plan's source.
    pub(crate) at: Nanos,
    /// In user space.
    pub(crate) user: Nanos,
}

impl Capture {
    /// Dates the frames that were added since the last call.
    pub(crate) fn date(&mut self, stamp: FrameStamp) {
        self.stamps.resize(self.frames.ends.len(), stamp);
    }

    /// Bytes that wait to be read.
    pub(crate) fn len(&self) -> usize {
        self.frames.bytes.len()
    }

    fn clear(&mut self) {
        self.frames.clear();
        self.stamps.clear();
    }
}

/// Captures that were read and may be filled again, so that buffers grow once and not for every
/// exchange.
#[derive(Debug, Default)]
pub(crate) struct Captures(Mutex<Vec<Capture>>);

/// Captures kept at most, and the largest that is kept: what is beyond is freed.
const KEPT: usize = 256;
const KEPT_BYTES: usize = 96 * 1024;

impl Captures {
    /// An empty capture.
    pub(crate) fn take(&self) -> Capture {
        self.lock().pop().unwrap_or_default()
    }

    /// Takes a capture back.
    pub(crate) fn give(&self, mut capture: Capture) {
        if capture.frames.bytes.capacity() > KEPT_BYTES {
            return;
        }
        capture.clear();
        let mut kept = self.lock();
        if kept.len() < KEPT {
            kept.push(capture);
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Capture>> {
        self.0.lock().expect("nothing panics while it holds the captures")
    }
}
