//! The open loop: a dispatcher that starts each slot at its scheduled time, whatever is in flight.

use super::Phase;
use crate::schedule::ready_queue::ReadyRequest;
use loadwright_timing::pacer::Pacer;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use tokio::task::JoinSet;

impl Phase {
    /// Dispatches this thread's slots.
    pub(super) async fn run_open_loop(&self, pacer: &Pacer) {
        let (runner, dispatch) = (&self.runner, &self.runner.dispatch);
        let context = &dispatch.context;
        let mut in_flight = JoinSet::new();
        while let Some(ReadyRequest { prepared, scheduled }) = dispatch.queue.next(self.end).await {
            let scheduled = scheduled.expect("an open loop has arrivals");
            if context.lifecycle.latest_start().is_some_and(|latest| scheduled > latest) {
                break;
            }
            self.wait_until(pacer, scheduled).await;
            if context.control.stop.draining() {
                break;
            }
            if dispatch.is_backlogged() {
                context.gauges.stalls.fetch_add(1, Relaxed);
                let why = "the interpreters are too far behind";
                runner.drop_slot(prepared.seq, prepared.turn, scheduled, why);
            } else if let Ok(permit) = dispatch.admit() {
                let runner = Arc::clone(runner);
                in_flight.spawn(async move {
                    let mut kept = runner.pool.take();
                    runner.run(&mut kept, prepared, scheduled).await;
                    runner.pool.put_back(kept);
                    drop(permit);
                });
            } else {
                runner.drop_slot(prepared.seq, prepared.turn, scheduled, "over --max-in-flight");
            }
            while in_flight.try_join_next().is_some() {}
        }
        while in_flight.join_next().await.is_some() {}
    }
}
