//! What the caller of a point can steer and see while it runs: a request to stop, and progress.

use loadwright_core::stop::StopFlag;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::sync::watch;

/// What the caller of a point can steer and see while it runs.
#[derive(Clone)]
pub struct Control {
    /// Requests a stop.
    pub stop: Stop,
    /// How far the point is.
    pub progress: Arc<Progress>,
    /// Receives lines for the user, e.g. that a dataset starts over.
    pub notice: Arc<dyn Fn(&str) + Send + Sync>,
    /// The point ends after nothing but connection failures for this long.
    pub give_up: Duration,
}

impl Control {
    /// The control of a point whose notices go to `notice`.
    pub fn new(notice: impl Fn(&str) + Send + Sync + 'static) -> Self {
        Self {
            stop: Stop::new(),
            progress: Arc::default(),
            notice: Arc::new(notice),
            give_up: Duration::from_secs(30),
        }
    }
}

/// How urgently the run should end, in rising order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Urgency {
    Run,
    Drain,
    Abort,
}

/// A request to stop, shared by everything that runs.
#[derive(Debug, Clone)]
pub struct Stop {
    urgency: Arc<watch::Sender<Urgency>>,
    drained: StopFlag,
}

impl Default for Stop {
    fn default() -> Self {
        Self::new()
    }
}

impl Stop {
    /// Nothing is requested yet.
    pub fn new() -> Self {
        Self { urgency: Arc::new(watch::Sender::new(Urgency::Run)), drained: StopFlag::default() }
    }

    /// Starts no new requests; those in flight complete or time out.
    pub fn drain(&self) {
        self.raise(Urgency::Drain);
    }

    /// Ends everything immediately; requests in flight are cancelled.
    pub fn abort(&self) {
        self.raise(Urgency::Abort);
    }

    /// Whether no new request may start.
    pub fn draining(&self) -> bool {
        *self.urgency.borrow() >= Urgency::Drain
    }

    /// Whether requests in flight are to be cancelled.
    pub fn aborting(&self) -> bool {
        *self.urgency.borrow() == Urgency::Abort
    }

    /// Raised once no new request may start, for those who prepare requests.
    pub fn drained_flag(&self) -> StopFlag {
        self.drained.clone()
    }

    /// Returns when no new request may start.
    pub(crate) async fn drained(&self) {
        self.reached(Urgency::Drain).await;
    }

    /// Returns when everything should end immediately.
    pub(crate) async fn aborted(&self) {
        self.reached(Urgency::Abort).await;
    }

    async fn reached(&self, urgency: Urgency) {
        self.urgency
            .subscribe()
            .wait_for(|now| *now >= urgency)
            .await
            .expect("self holds the sender, so the channel stays open");
    }

    fn raise(&self, urgency: Urgency) {
        self.urgency.send_if_modified(|now| {
            let raised = *now < urgency;
            *now = urgency.max(*now);
            raised
        });
        // Last, so that a thread that sees the flag also sees the run draining.
        self.drained.raise();
    }
}

/// Totals of the point so far, for progress bars: readable at any time, exact only at the end.
#[derive(Debug, Default)]
pub struct Progress {
    /// Measured requests that completed or failed.
    pub done: AtomicU64,
    /// Measured requests that failed.
    pub failed: AtomicU64,
    /// Requests in flight now, warm-up included.
    pub in_flight: AtomicU64,
    /// Output tokens of measured requests, by usage or frames.
    pub output_tokens: AtomicU64,
    /// Slots dropped.
    pub dropped: AtomicU64,
    /// Times that engine threads paused to read in batches, once they have ended.
    pub read_pauses: AtomicU64,
}

impl Progress {
    /// Resets everything for the next point.
    pub fn reset(&self) {
        let Self { done, failed, in_flight, output_tokens, dropped, read_pauses } = self;
        for total in [done, failed, in_flight, output_tokens, dropped, read_pauses] {
            total.store(0, Ordering::Relaxed);
        }
    }
}

#[cfg(test)]
mod tests;
