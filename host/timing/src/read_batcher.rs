//! Decides when a thread reads its sockets in batches, much as network cards coalesce interrupts: a
//! thread with many slow streams pauses before it polls its sockets again, so that several arrivals
//! share one wake-up and one poll. Reading itself is up to the sockets.
//!
//! For reads that carry kernel timestamps, which a pause does not move. What it does move, by at
//! most its own length, is the read lag and the time at which the end of a reply is noticed.

use crate::clock;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

/// The longest pause, in nanoseconds.
const LONGEST_PAUSE: u64 = 300_000;
/// A pause is at most this fraction of the mean gap between two reads of a reply, so that two
/// arrivals of one stream rarely share a read.
const GAP_FRACTION: u64 = 50;
/// The arrivals that a pause must be expected to gather: it costs about as much as one wake-up.
const WORTHWHILE_ARRIVALS: u64 = 2;
/// How often the length of the pauses is decided anew, in nanoseconds.
const WINDOW: u64 = 10_000_000;

/// One thread's read batching. The thread's sockets [`record`](Self::record) their reads, its
/// runtime calls [`before_park`](Self::before_park) and [`after_unpark`](Self::after_unpark), and
/// whoever needs it awake at a certain time says so by [`wake_by`](Self::wake_by).
///
/// Only that thread writes. The fields are atomics, accessed without ordering, because a runtime's
/// hooks must be `Sync`; they share one cache line, which every read touches.
#[derive(Debug)]
#[repr(align(64))]
pub struct ReadBatcher {
    /// Reads recorded so far.
    reads: AtomicU64,
    /// The sum of the gaps recorded in this window.
    gaps: AtomicU64,
    /// `reads` when this window began.
    reads_before: AtomicU64,
    /// When this window began.
    window_start: AtomicU64,
    /// How long to pause after a wake-up; 0: not at all.
    pause: AtomicU64,
    /// When the thread last woke.
    woken: AtomicU64,
    /// When the thread must be awake, whatever the pause; `u64::MAX`: at no certain time.
    deadline: AtomicU64,
    /// Pauses so far.
    pauses: AtomicU64,
}

const _: () = assert!(size_of::<ReadBatcher>() == 64, "what every read touches has grown");

impl Default for ReadBatcher {
    fn default() -> Self {
        Self {
            reads: AtomicU64::new(0),
            gaps: AtomicU64::new(0),
            reads_before: AtomicU64::new(0),
            window_start: AtomicU64::new(0),
            pause: AtomicU64::new(0),
            woken: AtomicU64::new(0),
            deadline: AtomicU64::new(u64::MAX),
            pauses: AtomicU64::new(0),
        }
    }
}

impl ReadBatcher {
    /// Records a read that continues a reply, `gap` nanoseconds after the previous read of it.
    pub fn record(&self, gap: u64) {
        add(&self.reads, 1);
        add(&self.gaps, gap);
    }

    /// How many reads were recorded so far: while this grows, replies are arriving.
    pub fn count(&self) -> u64 {
        self.reads.load(Relaxed)
    }

    /// How often the thread has paused so far.
    pub fn pauses(&self) -> u64 {
        self.pauses.load(Relaxed)
    }

    /// Ends pauses at `deadline`, on the clock of [`clock::now`], until the guard is dropped. The
    /// latest call counts.
    pub fn wake_by(&self, deadline: u64) -> WakeBy<'_> {
        self.deadline.store(deadline, Relaxed);
        WakeBy(self)
    }

    /// Called when the thread is about to wait for its sockets: sleeps for as long as a pause lasts.
    pub fn before_park(&self) {
        if self.pause.load(Relaxed) == 0 {
            return;
        }
        let remaining = self.remaining(clock::now());
        if remaining > 0 {
            add(&self.pauses, 1);
            std::thread::sleep(Duration::from_nanos(remaining));
        }
    }

    /// Called when the thread has waited for its sockets.
    pub fn after_unpark(&self) {
        self.wake_at(clock::now());
    }

    /// How long to pause at `now`, in nanoseconds.
    fn remaining(&self, now: u64) -> u64 {
        let end = self.woken.load(Relaxed) + self.pause.load(Relaxed);
        end.min(self.deadline.load(Relaxed)).saturating_sub(now)
    }

    /// The thread woke at `now`. The first wake-up after the end of a window begins another one.
    fn wake_at(&self, now: u64) {
        self.woken.store(now, Relaxed);
        let window = now - self.window_start.load(Relaxed);
        if window < WINDOW {
            return;
        }
        let reads = self.reads.load(Relaxed);
        let in_window = reads - self.reads_before.swap(reads, Relaxed);
        let gaps = self.gaps.swap(0, Relaxed);
        self.window_start.store(now, Relaxed);
        self.pause.store(pause(in_window, gaps, window), Relaxed);
    }
}

/// Keeps a [`ReadBatcher`] from pausing past a deadline, while it lives.
#[derive(Debug)]
#[must_use = "the deadline holds until this is dropped"]
pub struct WakeBy<'a>(&'a ReadBatcher);

impl Drop for WakeBy<'_> {
    fn drop(&mut self) {
        self.0.deadline.store(u64::MAX, Relaxed);
    }
}

/// Adds without an atomic read-modify-write: there is one writer.
fn add(counter: &AtomicU64, value: u64) {
    counter.store(counter.load(Relaxed) + value, Relaxed);
}

/// How long to pause after a window of that length with that many `reads`, whose gaps add up to
/// `gaps`; 0: not at all.
fn pause(reads: u64, gaps: u64, window: u64) -> u64 {
    let Some(gap) = gaps.checked_div(reads) else { return 0 };
    let pause = (gap / GAP_FRACTION).min(LONGEST_PAUSE);
    if reads * pause >= WORTHWHILE_ARRIVALS * window { pause } else { 0 }
}

#[cfg(test)]
mod tests;
