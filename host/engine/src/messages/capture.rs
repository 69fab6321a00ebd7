//! The frames of a reply as they came, each with its two timestamps. Does not know what a frame
//! means.

use loadwright_core::Nanos;
use std::sync::Mutex;

/// Frames and their timestamps, in order. They are one run of bytes, since a capture is cold in the
/// cache whenever data arrives: every further place to write to would cost as much again.
#[derive(Debug, Default)]
pub(crate) struct Capture {
    /// For each frame its timestamps, the length of its payload, and its payload.
    log: Vec<u8>,
    frames: usize,
}

/// When the read that completed a frame happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct FrameStamp {
    /// By the plan's source of timestamps.
    pub(crate) at: Nanos,
    /// In user space.
    pub(crate) user: Nanos,
}

/// Bytes before a frame's payload: two timestamps and a length.
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

    /// The number of frames.
    pub(crate) fn frames(&self) -> usize {
        self.frames
    }

    /// The payloads with their timestamps, in order.
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

    /// Bytes of the frames and their headers.
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

/// Captures that were read, to be filled again: buffers then grow once and not per exchange.
#[derive(Debug, Default)]
pub(crate) struct CapturePool(Mutex<Vec<Capture>>);

/// The most captures that are pooled, and the largest; others are freed.
const MAX_POOLED: usize = 256;
const MAX_POOLED_BYTES: usize = 96 * 1024;

impl CapturePool {
    /// An empty capture.
    pub(crate) fn take(&self) -> Capture {
        self.lock().pop().unwrap_or_default()
    }

    /// Takes a capture back.
    pub(crate) fn put_back(&self, mut capture: Capture) {
        if capture.log.capacity() > MAX_POOLED_BYTES {
            return;
        }
        capture.clear();
        let mut pooled = self.lock();
        if pooled.len() < MAX_POOLED {
            pooled.push(capture);
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Capture>> {
        self.0.lock().expect("no code panics while it holds this lock")
    }
}

#[cfg(test)]
mod tests;
