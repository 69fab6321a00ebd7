//! What the engine measures of itself: counters that every thread adds to, sampled once a second.

use crate::context::reachability::Contact;
use loadwright_core::Nanos;
use loadwright_core::sample::Sample;
use loadwright_timing::clock;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering::Relaxed};

/// Counters of one point. A sample takes them, and so zeroes all that do not say otherwise.
#[derive(Debug, Default)]
pub(crate) struct Gauges {
    /// Raw bytes that wait for interpreters; not zeroed.
    pub(crate) backlog: AtomicU64,
    /// Formatted requests that wait for their slot; not zeroed.
    pub(crate) ready: AtomicU64,
    /// Times nothing was formatted when it was wanted.
    pub(crate) starved: AtomicU64,
    /// Times dispatch waited for interpreters.
    pub(crate) stalls: AtomicU64,
    /// Worst lateness of the pacing timer.
    pub(crate) timer_late: AtomicU64,
    /// Nanoseconds in `generate`.
    pub(crate) generate: AtomicU64,
    /// Nanoseconds in `format`.
    pub(crate) format: AtomicU64,
    /// Nanoseconds of reading replies.
    pub(crate) interpret: AtomicU64,
    /// Times a worker waited because the service had answered 429 or 503.
    pub(crate) refusal_waits: AtomicU64,
    /// Nanoseconds that workers waited for that reason.
    pub(crate) refusal_wait: AtomicU64,
    /// Steps of the wall clock since the point began, as the engine thread that saw most of them
    /// counts: one step is seen by every thread. Not zeroed.
    pub(crate) clock_steps: AtomicU32,
    /// Steps that samples told of.
    steps_told: AtomicU32,
    /// CPU nanoseconds of each engine thread since the last sample.
    pub(crate) busy: Vec<AtomicU64>,
}

impl Gauges {
    /// Gauges of a point with `threads` engine threads.
    pub(crate) fn new(threads: usize) -> Self {
        Self {
            busy: std::iter::repeat_with(AtomicU64::default).take(threads).collect(),
            ..Self::default()
        }
    }

    /// Adds the time since `start` to `gauge`.
    pub(crate) fn spent(gauge: &AtomicU64, start: Nanos) {
        gauge.fetch_add(clock::now().saturating_sub(start), Relaxed);
    }

    /// Adds a wait since `start` after an attempt with `contact`, where the service is its reason.
    pub(crate) fn waited(&self, contact: Contact, start: Nanos) {
        if matches!(contact, Contact::Refusal(_)) {
            self.refusal_waits.fetch_add(1, Relaxed);
            Self::spent(&self.refusal_wait, start);
        }
    }

    /// The counters since the last sample, which was taken at `since`.
    pub(crate) fn sample(&self, since: Nanos, in_flight: u64) -> Sample {
        let at = clock::now();
        let take = |gauge: &AtomicU64| gauge.swap(0, Relaxed);
        let steps = self.clock_steps.load(Relaxed);
        let elapsed = at.saturating_sub(since).max(1);
        Sample {
            at,
            in_flight: u32::try_from(in_flight).unwrap_or(u32::MAX),
            ready: u32::try_from(self.ready.load(Relaxed)).unwrap_or(u32::MAX),
            starved: take(&self.starved),
            backlog: self.backlog.load(Relaxed),
            stalls: take(&self.stalls),
            cpu: self.busy.iter().map(take).max().unwrap_or(0) as f64 / elapsed as f64,
            timer_late: take(&self.timer_late),
            generate: take(&self.generate),
            format: take(&self.format),
            interpret: take(&self.interpret),
            refusal_waits: take(&self.refusal_waits),
            refusal_wait: take(&self.refusal_wait),
            clock_steps: steps.saturating_sub(self.steps_told.swap(steps, Relaxed)),
            ..Sample::default()
        }
    }
}

/// Notices steps of the wall clock from the offsets that come with one engine thread's reads.
#[derive(Debug, Default)]
pub(crate) struct StepWatch {
    offset: AtomicU64,
    steps: AtomicU32,
}

/// A jump of the wall clock by more than this is a step: slewing moves it by 0.5 ms a second.
const STEP: u64 = 5_000_000;

impl StepWatch {
    /// Takes the offset of one read; where the wall clock has stepped, the steps so far.
    pub(crate) fn stepped(&self, offset: u64) -> Option<u32> {
        // One thread's own: no need to swap atomically.
        let before = self.offset.load(Relaxed);
        self.offset.store(offset, Relaxed);
        let stepped = before != 0 && before.abs_diff(offset) > STEP;
        stepped.then(|| self.steps.fetch_add(1, Relaxed) + 1)
    }
}
