//! The deadlines of exchanges, at no cost per read: one timer, whose deadline is computed again when
//! it fires.

use crate::context::gauges::{ClockStepDetector, Gauges};
use crate::messages::Failure;
use loadwright_core::Nanos;
use loadwright_core::outcome::{Outcome, Stage};
use loadwright_core::plan::Timeouts;
use loadwright_timing::clock;
use loadwright_timing::socket::TimestampedRead;
use std::future::Future as _;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::time::Sleep;

/// How long the rest of a body may take after the reply's end mark.
pub(crate) const LINGER: Duration = Duration::from_millis(100);

/// The deadlines of one connection's exchanges, one after another.
pub(crate) struct Deadlines {
    timer: Pin<Box<Sleep>>,
    /// When the timer fires; `None`: it is not registered. Kept here because the timer itself is cold
    /// memory whenever data arrives.
    fires: Option<Nanos>,
    /// Whether the timer must be polled before it wakes the present task.
    fresh: bool,
    read: Nanos,
    total: Nanos,
    /// When data was last read or written.
    last: Nanos,
    /// When the exchange must be over.
    until: Nanos,
    steps: Arc<ClockStepDetector>,
    gauges: Arc<Gauges>,
}

impl Deadlines {
    /// Deadlines by `timeouts` that wait with `timer` and report steps of the wall clock to `gauges`.
    pub(crate) fn new(
        timeouts: &Timeouts,
        timer: Sleep,
        steps: Arc<ClockStepDetector>,
        gauges: Arc<Gauges>,
    ) -> Self {
        Self {
            timer: Box::pin(timer),
            fires: None,
            fresh: true,
            read: clock::nanos(timeouts.read),
            total: clock::nanos(timeouts.total),
            last: 0,
            until: Nanos::MAX,
            steps,
            gauges,
        }
    }

    /// The request of an exchange that began at `begun` is about to be sent.
    pub(crate) fn begin(&mut self, begun: Nanos, now: Nanos) {
        self.last = now;
        self.until = begun.saturating_add(self.total);
        // The timer may be registered for the task of an earlier exchange.
        self.fresh = true;
        // A timer that is set already fires too early at worst, and is then set again: a connection
        // with short exchanges rarely touches it.
        if self.fires.is_none_or(|fires| fires > self.deadline()) {
            self.set();
        }
    }

    /// Data was read.
    pub(crate) fn record_read(&mut self, read: &TimestampedRead) {
        self.last = read.user;
        if let Some(steps) = self.steps.detect(read.offset) {
            self.gauges.clock_steps.fetch_max(steps, Relaxed);
        }
    }

    /// Data was written.
    pub(crate) fn record_write(&mut self, now: Nanos) {
        self.last = now;
    }

    /// The reply's end mark was read: the rest of its body has [`LINGER`].
    pub(crate) fn linger(&mut self) {
        self.until = self.until.min(self.last.saturating_add(clock::nanos(LINGER)));
        if self.fires.is_none_or(|fires| fires > self.deadline()) {
            self.set();
        }
    }

    /// Whether the last read came after the exchange had to be over. While a server sends faster than
    /// it is read, no timer is polled.
    pub(crate) fn is_over(&self) -> bool {
        self.last >= self.until
    }

    /// The failure of an exchange that took too long as a whole.
    pub(crate) fn overdue(&self) -> Failure {
        let text = format!("not over within {} s", self.total as f64 / 1e9);
        Failure::new(Outcome::Timeout(Stage::Total), text)
    }

    /// Whether the timer must be polled: it was set again, or the last read is after its time.
    pub(crate) fn is_due(&self) -> bool {
        self.fresh || self.fires.is_none_or(|fires| self.last >= fires)
    }

    /// Waits until a deadline has passed.
    pub(crate) fn poll(&mut self, context: &mut Context<'_>) -> Poll<Failure> {
        loop {
            self.fresh = false;
            ready!(self.timer.as_mut().poll(context));
            let now = clock::now();
            if now >= self.until {
                return Poll::Ready(self.overdue());
            }
            if now >= self.last.saturating_add(self.read) {
                let text = format!("nothing arrived for {} s", self.read as f64 / 1e9);
                return Poll::Ready(Failure::new(Outcome::Timeout(Stage::Read), text));
            }
            self.set();
        }
    }

    fn set(&mut self) {
        let deadline = self.deadline();
        self.fires = Some(deadline);
        self.fresh = true;
        self.timer.as_mut().reset(clock::instant(deadline).into());
    }

    fn deadline(&self) -> Nanos {
        // A century, which the runtime's timers can represent.
        const FAR: Nanos = 3_155_760_000_000_000_000;
        self.last.saturating_add(self.read).min(self.until).min(FAR)
    }
}

#[cfg(test)]
mod tests;
