//! The frames of a reply as they came, each with its two timestamps. Does not know what a frame
//! means.

use loadwright_core::Nanos;
use std::borrow::Cow;
use std::sync::Mutex;

/// Frames and their timestamps, in order. They are one run of bytes, since a capture is cold in the
/// cache whenever data arrives: every further place to write to would cost as much again.
#[derive(Debug, Default)]
pub(crate) struct Capture {
    /// For each frame its timestamps, the lengths of its name and its payload, and both.
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

/// A frame as it was captured.
#[derive(Debug, Clone, Copy)]
pub(crate) struct CapturedFrame<'c> {
    event: &'c [u8],
    pub(crate) payload: &'c [u8],
    pub(crate) stamp: FrameStamp,
}

impl CapturedFrame<'_> {
    /// The name of the server-sent event; empty where there is none, or names are not kept.
    pub(crate) fn event(&self) -> Cow<'_, str> {
        String::from_utf8_lossy(self.event)
    }
}

/// Bytes before a frame's name and payload: two timestamps and both lengths, 32 bits each.
const HEADER: usize = 3 * size_of::<u64>();

impl Capture {
    /// Adds a frame.
    pub(crate) fn push(&mut self, event: &[u8], payload: &[u8], stamp: FrameStamp) {
        let mut header = [0; HEADER];
        header[..8].copy_from_slice(&stamp.at.to_ne_bytes());
        header[8..16].copy_from_slice(&stamp.user.to_ne_bytes());
        let lengths = (event.len() as u64) << 32 | payload.len() as u64;
        header[16..].copy_from_slice(&lengths.to_ne_bytes());
        self.log.reserve(HEADER + event.len() + payload.len());
        self.log.extend_from_slice(&header);
        if !event.is_empty() {
            self.log.extend_from_slice(event);
        }
        self.log.extend_from_slice(payload);
        self.frames += 1;
    }

    /// The number of frames.
    pub(crate) fn frames(&self) -> usize {
        self.frames
    }

    /// The frames, in order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = CapturedFrame<'_>> {
        let mut rest = self.log.as_slice();
        std::iter::from_fn(move || {
            let at = take_number(&mut rest)?;
            let user = take_number(&mut rest)?;
            let lengths = take_number(&mut rest)?;
            let (event, behind) = rest.split_at_checked((lengths >> 32) as usize)?;
            let (payload, behind) = behind.split_at_checked(lengths as u32 as usize)?;
            rest = behind;
            Some(CapturedFrame { event, payload, stamp: FrameStamp { at, user } })
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
