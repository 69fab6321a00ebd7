//! Pins a thread to one processor while it competes for CPU time.
//!
//! The scheduler tends to wake a reader on the processor of the writer that woke it, which is the
//! cheapest place on an idle machine. On a busy one the reader then waits behind the writer while
//! another processor is free: a fast server and its load generator on two cores, for example.

use crate::clock;
use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

/// A thread is busy if it is runnable for more than one part in `BUSY` of the time.
const BUSY: u64 = 4;
/// A busy thread is contended if it waits for more than one part in `CONTENDED` of its runnable time.
const CONTENDED: u64 = 8;
/// Consecutive contended samples after which the thread is pinned.
const CONFIRMATIONS: u32 = 2;

/// Pins the thread that created it, until it is dropped.
pub struct CpuPin {
    /// The processors that the thread may use: those that the user, `taskset` or a container allows.
    allowed: CpuSet,
    /// The processor that the thread is pinned to when it is contended; none: it never is.
    processor: Option<usize>,
    pinned: bool,
    /// Consecutive samples in which it was contended.
    contended: u32,
    /// The last sample; none: the system does not provide them.
    last: Option<CpuShare>,
}

/// How a thread has spent its time so far, in nanoseconds.
#[derive(Debug, Clone, Copy)]
struct CpuShare {
    /// Wall-clock time.
    elapsed: u64,
    running: u64,
    /// Runnable, but waiting for a processor.
    waiting: u64,
}

impl CpuPin {
    /// A pin for the calling thread, the `index`th of `threads` equal ones. Each gets a processor of
    /// its own if they leave at least as many to everything else; otherwise none is ever pinned.
    pub fn new(index: usize, threads: usize) -> Self {
        let allowed = sched_getaffinity(None).unwrap_or_default();
        let processors: Vec<usize> =
            (0..CpuSet::MAX_CPU).filter(|&processor| allowed.is_set(processor)).collect();
        // Processes that run side by side start at different processors.
        let first = std::process::id() as usize;
        let processor = choose(&processors, first.wrapping_add(index), threads);
        Self { allowed, processor, pinned: false, contended: 0, last: CpuShare::sample() }
    }

    /// To be called periodically on the thread that created this: pins the thread once it is
    /// contended, and unpins it when it is no longer busy.
    pub fn update(&mut self) {
        let Some(now) = CpuShare::sample() else { return };
        if let Some(last) = self.last.replace(now) {
            self.decide(now.since(last));
        }
    }

    fn decide(&mut self, share: CpuShare) {
        self.contended = if share.is_contended() { self.contended + 1 } else { 0 };
        if self.contended >= CONFIRMATIONS {
            self.set_pinned(true);
        } else if !share.is_busy() {
            self.set_pinned(false);
        }
    }

    fn set_pinned(&mut self, pinned: bool) {
        let Some(processor) = self.processor.filter(|_| pinned != self.pinned) else { return };
        self.pinned = pinned;
        let mut processors = self.allowed;
        if pinned {
            processors.clear();
            processors.set(processor);
        }
        // If the system refuses, the thread runs where it did.
        let _ = sched_setaffinity(None, &processors);
    }
}

impl Drop for CpuPin {
    fn drop(&mut self) {
        self.set_pinned(false);
    }
}

impl CpuShare {
    /// The calling thread's, from the scheduler's statistics: `schedstat` in proc(5).
    fn sample() -> Option<Self> {
        let stat = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
        let mut numbers = stat.split_whitespace().map_while(|number| number.parse().ok());
        Some(Self { elapsed: clock::now(), running: numbers.next()?, waiting: numbers.next()? })
    }

    fn since(self, before: Self) -> Self {
        Self {
            elapsed: self.elapsed - before.elapsed,
            running: self.running - before.running,
            waiting: self.waiting - before.waiting,
        }
    }

    fn is_busy(self) -> bool {
        (self.running + self.waiting) * BUSY > self.elapsed
    }

    fn is_contended(self) -> bool {
        self.is_busy() && self.waiting * CONTENDED > self.running + self.waiting
    }
}

/// The processor of the thread at `position`, if `threads` of them leave at least as many of
/// `processors` to everything else.
fn choose(processors: &[usize], position: usize, threads: usize) -> Option<usize> {
    (threads * 2 <= processors.len()).then(|| processors[position % processors.len()])
}

#[cfg(test)]
mod tests;
