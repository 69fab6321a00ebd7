//! Reading in batches, as network cards moderate their interrupts: a thread with many slow streams
//! sleeps for a moment before it looks at its sockets again. Each arrival then costs only a part of
//! a wake-up and of a poll, and the sender is not interrupted to wake the reader.
//!
//! For threads whose reads carry the kernel's stamps: those do not move. What does move is the read
//! lag, and the time at which a reply's end is seen; both by a sleep at most.

use crate::{clock, pacer};
use std::cell::Cell;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

/// The longest sleep, in nanoseconds.
const LONGEST: u64 = 300_000;
/// A sleep is at most this part of the mean gap between two reads of a reply, so that two arrivals
/// on one stream hardly ever meet in one read.
const PART: u64 = 50;
/// Arrivals that a sleep must be expected to gather: it costs about as much as one wake-up.
const WORTH: u64 = 2;
/// How often the sleep's length is decided anew, in nanoseconds.
const WINDOW: u64 = 10_000_000;

/// Sleeps of all threads so far.
static SLEEPS: AtomicU64 = AtomicU64::new(0);

thread_local! {
    /// The reads of the calling thread in this window.
    static READS: Cell<Reads> = const { Cell::new(Reads::NONE) };
    /// How many such reads there were since the thread began.
    static HEARD: Cell<u64> = const { Cell::new(0) };
    static PACE: Cell<Pace> = const { Cell::new(Pace { span: 0, woke: 0, since: 0 }) };
}

/// Reads of replies that had begun before.
#[derive(Clone, Copy)]
struct Reads {
    count: u64,
    /// The sum of the times since the read before of the same reply.
    gaps: u64,
}

impl Reads {
    const NONE: Self = Self { count: 0, gaps: 0 };
}

#[derive(Clone, Copy)]
struct Pace {
    /// How long to sleep, from one wake-up to the next look.
    span: u64,
    /// When the thread last woke.
    woke: u64,
    /// When the window began.
    since: u64,
}

/// A reply was read on the calling thread, `gap` nanoseconds after its last read.
pub(crate) fn saw(gap: u64) {
    let Reads { count, gaps } = READS.get();
    READS.set(Reads { count: count + 1, gaps: gaps + gap });
    HEARD.set(HEARD.get() + 1);
}

/// How often any thread of the process has slept to gather arrivals.
pub fn sleeps() -> u64 {
    SLEEPS.load(Relaxed)
}

/// Reads on the calling thread so far that went on with a reply: what it hears of its streams.
pub fn heard() -> u64 {
    HEARD.get()
}

/// To be called when the thread has waited for its sockets.
pub fn woke() {
    PACE.set(READS.with(|reads| PACE.get().woken(clock::now(), reads)));
}

/// To be called when the thread is about to wait for its sockets: sleeps where that gathers
/// arrivals, but never past what the thread's [`Pacer`](pacer::Pacer) waits for.
pub fn hold() {
    let Pace { span, woke, .. } = PACE.get();
    if span == 0 {
        return;
    }
    let until = (woke + span).min(pacer::next_due());
    let now = clock::now();
    if now < until {
        SLEEPS.fetch_add(1, Relaxed);
        std::thread::sleep(Duration::from_nanos(until - now));
    }
}

impl Pace {
    /// After a wake-up at `now`; a window that is over takes its reads along.
    fn woken(self, now: u64, reads: &Cell<Reads>) -> Self {
        let window = now - self.since;
        if window < WINDOW {
            return Self { woke: now, ..self };
        }
        Self { span: span(reads.replace(Reads::NONE), window), woke: now, since: now }
    }
}

/// How long to sleep after a window with such reads; 0: not at all.
fn span(reads: Reads, window: u64) -> u64 {
    let Some(gap) = reads.gaps.checked_div(reads.count) else { return 0 };
    let span = (gap / PART).min(LONGEST);
    if reads.count * span >= WORTH * window { span } else { 0 }
}

#[cfg(test)]
mod tests;
