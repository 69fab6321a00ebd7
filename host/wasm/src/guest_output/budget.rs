//! How much of a plugin's log is shown: a plugin that logs every request would drown out everything
//! else. Warnings and errors have a share of their own, which a flood of other lines leaves them.

use super::Level;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};

/// Lines and bytes of a plugin in the host's lifetime.
const LINES: u64 = 1000;
const BYTES: u64 = 256 << 10;

/// Lines and bytes of its warnings and errors.
const ERROR_LINES: u64 = 200;
const ERROR_BYTES: u64 = 64 << 10;

/// What becomes of a line.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    Shown,
    /// The first that is dropped: what the limit is.
    Last(&'static str),
    Dropped,
}

/// What a plugin logged so far.
#[derive(Debug, Default)]
pub(super) struct Budget {
    all: Share,
    errors: Share,
}

#[derive(Debug, Default)]
struct Share {
    lines: AtomicU64,
    bytes: AtomicU64,
    /// Nothing is shown from then on.
    is_told: AtomicBool,
}

impl Budget {
    /// Takes a line of this level and length.
    pub(super) fn take(&self, level: Level, bytes: usize) -> Verdict {
        if level >= Level::Warn {
            let limit = "200 warnings and errors, or 64 KiB of them,";
            self.errors.take(bytes as u64, (ERROR_LINES, ERROR_BYTES), limit)
        } else {
            self.all.take(bytes as u64, (LINES, BYTES), "1000 lines, or 256 KiB of them,")
        }
    }
}

impl Share {
    fn take(&self, bytes: u64, most: (u64, u64), limit: &'static str) -> Verdict {
        if self.is_told.load(Relaxed) {
            return Verdict::Dropped;
        }
        let lines = self.lines.fetch_add(1, Relaxed);
        let before = self.bytes.fetch_add(bytes, Relaxed);
        if lines < most.0 && before.saturating_add(bytes) <= most.1 {
            return Verdict::Shown;
        }
        if self.is_told.swap(true, Relaxed) { Verdict::Dropped } else { Verdict::Last(limit) }
    }
}

#[cfg(test)]
mod tests;
