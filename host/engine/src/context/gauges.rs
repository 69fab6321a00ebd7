//! Counters of the engine itself, which every thread adds to and the recorder samples once a second.

use super::reachability::Reachability;
use loadwright_core::Nanos;
use loadwright_core::sample::Sample;
use loadwright_timing::clock;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering::Relaxed};

/// Counters of one point. Taking a sample resets each one that does not say otherwise.
#[derive(Debug, Default)]
pub(crate) struct Gauges {
    /// Raw bytes that wait for interpreters; not reset.
    pub(crate) backlog: AtomicU64,
    /// Formatted requests in the ready queue; not reset.
    pub(crate) ready: AtomicU64,
    /// Times that the ready queue was empty when a request was due.
    pub(crate) starved: AtomicU64,
    /// Times that dispatch waited for interpreters.
    pub(crate) stalls: AtomicU64,
    /// The latest that the pacing timer fired.
    pub(crate) timer_late: AtomicU64,
    /// Nanoseconds in `generate`.
    pub(crate) generate: AtomicU64,
    /// Nanoseconds in `format`.
    pub(crate) format: AtomicU64,
    /// Nanoseconds in interpreting replies.
    pub(crate) interpret: AtomicU64,
    /// Times that a worker waited because the service had answered 429 or 503.
    pub(crate) refusal_waits: AtomicU64,
    /// Nanoseconds of those waits.
    pub(crate) refusal_wait: AtomicU64,
    /// Steps of the wall clock since the point began: the highest count of any engine thread, since
    /// every thread sees the same step. Not reset.
    pub(crate) clock_steps: AtomicU32,
    /// Steps that are in earlier samples.
    steps_sampled: AtomicU32,
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
    pub(crate) fn add_since(gauge: &AtomicU64, start: Nanos) {
        gauge.fetch_add(clock::now().saturating_sub(start), Relaxed);
    }

    /// Adds a wait since `start` after an attempt, if the service asked for it.
    pub(crate) fn add_backoff(&self, reachability: Reachability, start: Nanos) {
        if matches!(reachability, Reachability::Overloaded { .. }) {
            self.refusal_waits.fetch_add(1, Relaxed);
            Self::add_since(&self.refusal_wait, start);
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
            clock_steps: steps.saturating_sub(self.steps_sampled.swap(steps, Relaxed)),
            ..Sample::default()
        }
    }
}

/// Detects steps of the wall clock from the clock offsets of one engine thread's reads.
#[derive(Debug, Default)]
pub(crate) struct ClockStepDetector {
    offset: AtomicU64,
    steps: AtomicU32,
}

/// A jump of the wall clock by more than this is a step: slewing moves it by 0.5 ms a second.
const STEP: u64 = 5_000_000;

impl ClockStepDetector {
    /// Takes the offset of one read; if the wall clock has stepped, the number of steps so far.
    pub(crate) fn detect(&self, offset: u64) -> Option<u32> {
        // Only one thread writes it, so the load and the store need not be one operation.
        let before = self.offset.load(Relaxed);
        self.offset.store(offset, Relaxed);
        let stepped = before != 0 && before.abs_diff(offset) > STEP;
        stepped.then(|| self.steps.fetch_add(1, Relaxed) + 1)
    }
}
