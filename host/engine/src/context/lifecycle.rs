//! The times and the end of a point: when it began to measure, until when requests may start, and
//! why it ended.

use super::control::Stop;
use loadwright_core::Nanos;
use loadwright_core::sample::EndReason;
use loadwright_timing::clock;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

/// Where a point is between its start and its end.
pub(crate) struct Lifecycle {
    stop: Stop,
    end_reason: Mutex<EndReason>,
    /// Called when the point ends early, so that no more requests are handed out.
    on_early_end: Box<dyn Fn() + Send + Sync>,
    /// When the measured phase began; 0: not yet.
    measured_from: AtomicU64,
    /// No request starts after this; 0: no limit, or not yet known.
    latest_start: AtomicU64,
}

impl Lifecycle {
    /// A point that has not begun to measure. The user can stop it by `stop`.
    pub(crate) fn new(stop: Stop, on_early_end: impl Fn() + Send + Sync + 'static) -> Self {
        Self {
            stop,
            end_reason: Mutex::new(EndReason::Completed),
            on_early_end: Box::new(on_early_end),
            measured_from: AtomicU64::new(0),
            latest_start: AtomicU64::new(0),
        }
    }

    /// The measured phase begins `now` and lasts `duration`, if that is limited.
    pub(crate) fn begin_measuring(&self, now: Nanos, duration: Option<Duration>) {
        self.measured_from.store(now, Relaxed);
        if let Some(duration) = duration {
            self.latest_start.store(now.saturating_add(clock::nanos(duration)), Relaxed);
        }
    }

    /// When the measured phase began.
    pub(crate) fn measured_from(&self) -> Option<Nanos> {
        Some(self.measured_from.load(Relaxed)).filter(|&from| from > 0)
    }

    /// No request starts after this.
    pub(crate) fn latest_start(&self) -> Option<Nanos> {
        Some(self.latest_start.load(Relaxed)).filter(|&latest| latest > 0)
    }

    /// Whether no request may start at `now` or later.
    pub(crate) fn is_over(&self, now: Nanos) -> bool {
        self.stop.draining() || self.latest_start().is_some_and(|latest| now > latest)
    }

    /// Whether another attempt may start in `delay` nanoseconds: the duration is not over by then,
    /// and neither the engine nor the user has ended the point.
    pub(crate) fn allows_retry_in(&self, delay: Nanos) -> bool {
        let start = clock::now() + delay;
        let in_time = self.latest_start().is_none_or(|latest| start <= latest);
        in_time && self.end_reason() == EndReason::Completed && !self.stop.draining()
    }

    /// Ends the point early; the first reason is kept.
    pub(crate) fn end(&self, reason: EndReason) {
        let mut current = self.end_reason.lock().expect("no code panics while it holds this lock");
        if *current == EndReason::Completed {
            *current = reason;
        }
        drop(current);
        (self.on_early_end)();
    }

    /// Why the point ended.
    pub(crate) fn end_reason(&self) -> EndReason {
        *self.end_reason.lock().expect("no code panics while it holds this lock")
    }
}

#[cfg(test)]
mod tests;
