//! Takes slots from the ready queue and runs them as the load demands: by the workers of a closed loop,
//! or by an open loop's dispatcher.

mod closed_loop;
mod open_loop;

use super::slot_runner::SlotRunner;
use loadwright_core::Nanos;
use loadwright_core::plan::Load;
use loadwright_timing::clock;
use loadwright_timing::pacer::Pacer;
use std::io;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

/// One engine thread's part of a phase of the load.
#[derive(Clone)]
pub(crate) struct Phase {
    pub(crate) runner: Arc<SlotRunner>,
    /// The phase consists of the slots below this.
    pub(crate) end: u64,
}

impl Phase {
    /// Runs the phase's slots on this thread.
    ///
    /// # Errors
    /// No timer could be created.
    pub(crate) async fn run(&self) -> io::Result<()> {
        let pacer = Pacer::new()?;
        match self.runner.context().plan.load {
            Load::Closed { workers, ramp_up, .. } => {
                self.run_closed_loop(pacer, workers, ramp_up).await;
            }
            Load::Open { .. } | Load::Trace { .. } => self.run_open_loop(&pacer).await,
        }
        Ok(())
    }

    /// Waits until `scheduled`, or until no more requests may start. What is late already yields once
    /// to requests in flight, so that a burst of late slots does not hold them up.
    async fn wait_until(&self, pacer: &Pacer, scheduled: Nanos) {
        if clock::now() >= scheduled {
            return tokio::task::yield_now().await;
        }
        let context = self.runner.context();
        let _wake_by = self.runner.batcher.wake_by(scheduled);
        tokio::select! {
            result = pacer.until(scheduled) => {
                result.expect("a timer that was created can be set");
                context.gauges.timer_late.fetch_max(clock::now() - scheduled, Relaxed);
            }
            () = context.control.stop.drained() => {}
        }
    }

    /// Waits while the interpreters are too far behind for more requests to be sent.
    async fn wait_for_interpreters(&self) {
        let dispatch = &self.runner.dispatch;
        if !dispatch.is_backlogged() {
            return;
        }
        dispatch.context.gauges.stalls.fetch_add(1, Relaxed);
        let stop = &dispatch.context.control.stop;
        while dispatch.is_backlogged() && !stop.draining() {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }
}
