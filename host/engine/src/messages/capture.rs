//! Frames of a reply as they came, each with its two stamps: what the engine threads hand to the
//! interpreters. Nothing here knows what a frame means.

use loadwright_core::Nanos;
use std::sync::Mutex;

/// Frames and their stamps, in order. All of it is one run of bytes, since a connection's captures
/// are cold in the cache whenever something arrives: each further place to write to would cost as
/// much as the rest of the capturing.
#[derive(Debug, Default)]
pub(crate) struct Capture {
    /// For each frame its stamps, the length of its payload, and its payload.
    log: Vec<u8>,
    frames: usize,
}

/// When the read that completed a frame happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct FrameStamp {
    /// By the plan's source.
    pub(crate) at: Nanos,
    /// In user space.
    pub(crate) user: Nanos,
}

/// Bytes before a frame's payload: two stamps and a length.
const HEADER: usize = 3 * size_of::<u64>();

impl Capture {
    /// Adds a frame.
    pub(crate) fn push(&mut self, payload: &[u8], stamp: FrameStamp) {
        let mut header = [0; HEADER];
        header[..8].copy_from_slice(&stamp.at.to_ne_bytes());
        header[8..16].copy_from_slice(&stamp.user.to_ne_bytes());
        header[16..].copy_from_slice(&(payload.len() as u64).to_ne_bytes());
        self.log.reserve(HEADER + payload.len());
        self.log.extend_from_slice(&header);
        self.log.extend_from_slice(payload);
        self.frames += 1;
    }

    /// How many frames there are.
    pub(crate) fn frames(&self) -> usize {
        self.frames
    }

    /// The payloads with their stamps, in order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&[u8], FrameStamp)> {
        let mut rest = self.log.as_slice();
        std::iter::from_fn(move || {
            let at = take_number(&mut rest)?;
            let user = take_number(&mut rest)?;
            let length = take_number(&mut rest)?;
            let (payload, behind) = rest.split_at_checked(usize::try_from(length).ok()?)?;
            rest = behind;
            Some((payload, FrameStamp { at, user }))
        })
    }

    /// Bytes that wait to be read.
    pub(crate) fn len(&self) -> usize {
        self.log.len()
    }

    fn clear(&mut self) {
        self.log.clear();
        self.frames = 0;
    }
}

fn take_number(rest: &mut &[u8]) -> Option<u64> {
    let (number, behind) = rest.split_first_chunk()?;
    *rest = behind;
    Some(u64::from_ne_bytes(*number))
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
        if capture.log.capacity() > KEPT_BYTES {
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

#[cfg(test)]
mod tests;
