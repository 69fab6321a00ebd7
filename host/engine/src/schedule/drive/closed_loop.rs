//! The closed loop: workers that each run one slot after another.

use super::Phase;
use crate::context::backoff::Backoff;
use crate::context::reachability::Reachability;
use crate::messages::TurnContext;
use crate::schedule::ready_queue::{MissedSlot, ReadyRequest};
use loadwright_core::Nanos;
use loadwright_timing::clock;
use loadwright_timing::pacer::Pacer;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Mutex;
use tokio::task::JoinSet;

/// Why a slot that had a scheduled time was not sent.
const NO_WORKER: &str = "no worker was free before the point ended";

impl Phase {
    /// Runs this thread's share of `workers`, which start one after another over `ramp_up`.
    pub(super) async fn run_closed_loop(&self, pacer: Pacer, workers: u32, ramp_up: Duration) {
        let pacer = Arc::new(Mutex::new(pacer));
        let mut tasks = JoinSet::new();
        let threads = u32::from(self.runner.context().plan.engine.threads.max(1));
        let start = clock::now();
        for worker in (self.runner.index() as u32..workers).step_by(threads as usize) {
            let delay = (ramp_up * worker / workers).as_nanos() as Nanos;
            if !self.wait_to_work(start + delay).await {
                break;
            }
            tasks.spawn(self.clone().run_worker(Arc::clone(&pacer)));
        }
        while tasks.join_next().await.is_some() {}
        self.record_missed().await;
    }

    async fn run_worker(self, pacer: Arc<Mutex<Pacer>>) {
        let (runner, context) = (&self.runner, self.runner.context());
        let mut kept = runner.pool.take();
        let mut refusals = 0;
        loop {
            self.wait_for_interpreters().await;
            let free_since = clock::now();
            let Some(ReadyRequest { prepared, scheduled }) = self.next(&pacer).await else {
                break;
            };
            let now = clock::now();
            if context.lifecycle.is_over(now) {
                if let Some(scheduled) = scheduled.filter(|&scheduled| scheduled <= now) {
                    runner.drop_slot(prepared.seq, prepared.turn, scheduled, NO_WORKER);
                }
                break;
            }
            let seq = prepared.seq;
            let scheduled = scheduled.unwrap_or(free_since);
            let reachability = runner.run(&mut kept, prepared, scheduled).await;
            if let Some(delay) = self.backoff(reachability, seq, &mut refusals) {
                let start = clock::now();
                self.wait_to_work(start + delay).await;
                context.gauges.add_backoff(reachability, start);
            }
        }
        runner.pool.put_back(kept);
    }

    /// The next slot, at its scheduled time. One worker at a time waits for the clock, so that slots
    /// are sent in order.
    async fn next(&self, pacer: &Mutex<Pacer>) -> Option<ReadyRequest> {
        let dispatch = &self.runner.dispatch;
        if !dispatch.queue.is_scheduled() {
            return dispatch.queue.next(self.end).await;
        }
        let pacer = pacer.lock().await;
        let next = dispatch.queue.next(self.end).await?;
        if let Some(scheduled) = next.scheduled {
            if dispatch.context.lifecycle.latest_start().is_some_and(|latest| scheduled > latest) {
                return None;
            }
            self.wait_until(&pacer, scheduled).await;
        }
        Some(next)
    }

    /// How long a worker waits if what slot `seq` showed about the service says that another request
    /// now would be wasted. `refusals` counts consecutive slots that the service refused.
    fn backoff(&self, shown: Reachability, seq: u64, refusals: &mut u32) -> Option<Nanos> {
        let refused = matches!(shown, Reachability::Overloaded { .. });
        let failures = if refused { *refusals } else { 0 };
        *refusals = if refused { failures.saturating_add(1) } else { 0 };
        if matches!(shown, Reachability::Reached | Reachability::NotAttempted) {
            return None;
        }
        // The delays between the slot's own attempts are those of its turns.
        let seed = self.runner.context().plan.seed;
        let backoff = Backoff { seed, seq, turn: u32::MAX, failures };
        Some(backoff.delay(shown.retry_after()))
    }

    /// Waits until a worker starts or continues at `begin`; false: nothing is left for it to do.
    async fn wait_to_work(&self, begin: Nanos) -> bool {
        /// How often the end of the load is checked: a waiting worker must not outlast it.
        const CHECK: Nanos = 100_000_000;
        let dispatch = &self.runner.dispatch;
        loop {
            let now = clock::now();
            if now >= begin {
                return true;
            }
            if dispatch.context.lifecycle.is_over(now) || dispatch.queue.is_exhausted(self.end) {
                return false;
            }
            tokio::time::sleep(Duration::from_nanos((begin - now).min(CHECK))).await;
        }
    }

    /// Records the slots that were scheduled before the point ended and for which no worker was free.
    async fn record_missed(&self) {
        let dispatch = &self.runner.dispatch;
        let lifecycle = &dispatch.context.lifecycle;
        if lifecycle.is_over(clock::now()) {
            dispatch.queue.close();
        }
        while let Some(missed) = dispatch.queue.next_missed(self.end, lifecycle.latest_start()) {
            self.wait_for_interpreters().await;
            let MissedSlot { seq, scheduled } = missed;
            self.runner.drop_slot(seq, TurnContext::default(), scheduled, NO_WORKER);
        }
    }
}
