//! A point's progress in words, from the engine's lossy view of it.

use super::estimate::{self, PointEstimate};
use super::failures::LastFailure;
use loadwright_core::plan::Plan;
use loadwright_engine::{Control, Progress, Stop};
use loadwright_timing::clock;
use std::fmt::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

/// What comes behind a point.
#[derive(Debug, Clone, Default)]
pub(super) struct Remaining {
    pub(super) points: Vec<PointEstimate>,
    /// Before each of them.
    pub(super) pause: Duration,
}

/// A point that is being shown.
pub(super) struct PointView {
    pub(super) name: String,
    /// Steps of the bar: requests, or nanoseconds where only the duration ends the point.
    pub(super) length: u64,
    pub(super) failure: LastFailure,
    number: Option<u64>,
    duration: Option<u64>,
    progress: Arc<Progress>,
    stop: Stop,
    warms_up: bool,
    own: PointEstimate,
    remaining: Remaining,
    /// When measuring began, as far as can be seen from here.
    started: AtomicU64,
}

impl PointView {
    pub(super) fn new(plan: &Plan, control: &Control, remaining: Remaining) -> Self {
        let nanos = |span: Duration| u64::try_from(span.as_nanos()).unwrap_or(u64::MAX);
        let duration = plan.limits.duration.map(nanos);
        Self {
            name: plan.name.clone(),
            length: plan.limits.number.or(duration).unwrap_or(1),
            failure: LastFailure::default(),
            number: plan.limits.number,
            duration,
            progress: Arc::clone(&control.progress),
            stop: control.stop.clone(),
            warms_up: plan.limits.warmup > 0,
            own: PointEstimate::of(plan),
            remaining,
            started: AtomicU64::new(clock::now()),
        }
    }

    fn elapsed(&self) -> u64 {
        clock::now().saturating_sub(self.started.load(Relaxed)).max(1)
    }

    pub(super) fn position(&self) -> u64 {
        let done = self.progress.done.load(Relaxed) + self.progress.dropped.load(Relaxed);
        if self.number.is_some() { done } else { self.elapsed().min(self.length) }
    }

    /// `37/80 done, 4 in flight, 12.1 req/s, 390 tok/s, 0 failed, 3 s left`; while the point drains,
    /// that and what it waits for.
    pub(super) fn line(&self) -> String {
        let (done, in_flight) =
            (self.progress.done.load(Relaxed), self.progress.in_flight.load(Relaxed));
        let failed = self.progress.failed.load(Relaxed);
        if self.stop.draining() {
            return format!("draining: {in_flight} in flight; {done} done, {failed} failed");
        }
        if done == 0 {
            if self.warms_up {
                // Warm-up is not measured, and neither is its time.
                self.started.store(clock::now(), Relaxed);
            }
            return format!("{in_flight} in flight, none measured yet");
        }
        let seconds = self.elapsed() as f64 / 1e9;
        let total = self.number.map(|number| format!("/{number}")).unwrap_or_default();
        let rate = done as f64 / seconds;
        let tokens = self.progress.output_tokens.load(Relaxed) as f64 / seconds;
        let mut line = format!(
            "{done}{total} done, {in_flight} in flight, {rate:.1} req/s, {tokens:.0} tok/s, \
             {failed} failed"
        );
        let dropped = self.progress.dropped.load(Relaxed);
        if dropped > 0 {
            let _ = write!(line, ", {dropped} dropped");
        }
        if let Some(left) = self.left() {
            let _ = write!(line, ", {} left", span(left));
        }
        line
    }

    /// Seconds until the point is over: until the first of number and duration is reached, at the
    /// present rate.
    fn left(&self) -> Option<f64> {
        let done = self.progress.done.load(Relaxed);
        let seconds = self.elapsed() as f64 / 1e9;
        let by_number = self
            .number
            .filter(|_| done > 0)
            .map(|number| number.saturating_sub(self.position()) as f64 * seconds / done as f64);
        let by_time = self.duration.map(|limit| (limit as f64 / 1e9 - seconds).max(0.0));
        match (by_number, by_time) {
            (Some(one), Some(other)) => Some(one.min(other)),
            (one, other) => one.or(other),
        }
    }

    /// How long the whole sweep goes on, in words: none where that cannot be told, or where this
    /// point is its last.
    pub(super) fn sweep_left(&self) -> Option<String> {
        if self.remaining.points.is_empty() || self.stop.draining() {
            return None;
        }
        let cost = self.own.cost(self.progress.done.load(Relaxed), self.elapsed() as f64 / 1e9);
        let rest = estimate::seconds(&self.remaining.points, self.remaining.pause, cost)?;
        Some(format!("about {} of the sweep left", span(self.left()? + rest)))
    }
}

/// Seconds as people read them: `48 s`, `3 min 20 s`, `2 h 5 min`.
fn span(seconds: f64) -> String {
    let whole = seconds.round() as u64;
    match whole {
        0..60 => format!("{whole} s"),
        60..3600 => format!("{} min {} s", whole / 60, whole % 60),
        _ => format!("{} h {} min", whole / 3600, whole % 3600 / 60),
    }
}

#[cfg(test)]
mod tests;
