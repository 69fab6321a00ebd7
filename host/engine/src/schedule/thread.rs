//! An engine thread: its runtime and the phases that it runs.

use crate::context::PointContext;
use crate::exchange::attempt::AttemptContext;
use crate::exchange::receiving::Receiving;
use crate::interpret::queue::InterpreterQueue;
use crate::schedule::dispatch::Dispatch;
use crate::schedule::drive::Phase;
use crate::schedule::slot_runner::SlotRunner;
use loadwright_core::plan::{CpuPinning, Load};
use loadwright_timing::clock;
use loadwright_timing::cpu_pin::CpuPin;
use loadwright_timing::read_batcher::ReadBatcher;
use loadwright_timing::thread::minimize_timer_slack;
use std::io;
use std::mem::replace;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Barrier};
use std::time::Duration;
use tokio::runtime::Runtime;

/// Tasks polled before the runtime polls its sockets again: those that one poll has woken, at 1,024
/// events a poll. The default of 61 polls the kernel several times for one burst of frames.
const EVENT_INTERVAL: u32 = 1024;
/// How often batches that are not full are sent on and the thread's CPU time is taken: five threads
/// wake for it.
const TICK: Duration = Duration::from_millis(100);
/// How long the start may wait for requests to be ready.
const HEAD_START: Duration = Duration::from_millis(250);

/// The runtime of one engine thread, and the read batching of its sockets.
pub(crate) struct BatchingRuntime {
    runtime: Runtime,
    batcher: Arc<ReadBatcher>,
}

impl BatchingRuntime {
    /// A new runtime. `batches`: it may pause to read in batches, since kernel timestamps say when
    /// each read arrived.
    ///
    /// # Errors
    /// The process has no file descriptors left.
    pub(crate) fn new(batches: bool) -> io::Result<Self> {
        let batcher = Arc::<ReadBatcher>::default();
        let mut builder = tokio::runtime::Builder::new_current_thread();
        builder.enable_all().event_interval(EVENT_INTERVAL);
        if batches {
            let (park, unpark) = (Arc::clone(&batcher), Arc::clone(&batcher));
            builder.on_thread_park(move || park.before_park());
            builder.on_thread_unpark(move || unpark.after_unpark());
        }
        Ok(Self { runtime: builder.build()?, batcher })
    }
}

/// An engine thread, ready to run.
pub(crate) struct EngineThread {
    /// Which of the point's engine threads it is.
    pub(crate) index: usize,
    pub(crate) runtime: BatchingRuntime,
    pub(crate) interpreters: InterpreterQueue,
}

impl EngineThread {
    /// Runs the warm-up and then, once every thread's warm-up is over, the measured slots.
    ///
    /// # Errors
    /// No timer could be created.
    pub(crate) fn run(self, dispatch: &Arc<Dispatch>, barrier: &Barrier) -> io::Result<()> {
        let Self { index, runtime: BatchingRuntime { runtime, batcher }, interpreters } = self;
        minimize_timer_slack();
        let PointContext { plan, ports, control, budget, .. } = &*dispatch.context;
        let attempts = Arc::new(AttemptContext {
            interpreters,
            captures: Arc::clone(&dispatch.captures),
            progress: Arc::clone(&control.progress),
            budget: Arc::clone(budget),
            receiving: Receiving::by(ports.api.plan()),
            stream: plan.request.stream,
        });
        let own = Arc::clone(&batcher);
        let runner = SlotRunner::new(dispatch, Arc::clone(&attempts), own, index as u64);
        let phases = Phases { runner: Arc::new(runner), barrier };
        let result = phases.run(&runtime);
        drop(phases);
        control.progress.read_pauses.fetch_add(batcher.pauses(), Relaxed);
        // What is still in flight is dropped with the runtime, and so finishes as cancelled. A name
        // lookup that hangs is not waited for.
        runtime.shutdown_background();
        if let Ok(attempts) = Arc::try_unwrap(attempts).map_err(|_| ()) {
            attempts.interpreters.close();
        }
        result
    }
}

/// The phases of one engine thread.
struct Phases<'a> {
    runner: Arc<SlotRunner>,
    barrier: &'a Barrier,
}

impl Phases<'_> {
    fn run(&self, runtime: &Runtime) -> io::Result<()> {
        let dispatch = &self.runner.dispatch;
        let plan = &dispatch.context.plan;
        dispatch.queue.wait_until_filled(wanted_at_start(&plan.load), HEAD_START);
        let warmup = plan.limits.warmup;
        let warmed = if warmup > 0 { runtime.block_on(self.phase(warmup)) } else { Ok(()) };
        // The warm-up has to be over on all threads before anything is measured.
        if self.barrier.wait().is_leader() {
            dispatch.begin_measuring();
        }
        self.barrier.wait();
        warmed?;
        runtime.block_on(self.phase(u64::MAX))
    }

    /// Runs the slots below `end`, unless everything is to end immediately before.
    async fn phase(&self, end: u64) -> io::Result<()> {
        let phase = Phase { runner: Arc::clone(&self.runner), end };
        tokio::select! {
            biased;
            result = phase.run() => result,
            () = self.runner.context().control.stop.aborted() => Ok(()),
            () = tick(&self.runner) => Ok(()),
            () = close_when_drained(&self.runner.dispatch) => Ok(()),
        }
    }
}

/// Requests that may be needed before a preparer has run again.
fn wanted_at_start(load: &Load) -> usize {
    match load {
        Load::Closed { workers, .. } => *workers as usize,
        Load::Open { .. } | Load::Trace { .. } => 64,
    }
}

/// Periodically sends batches on, takes the thread's CPU time, decides whether it is pinned and
/// checks whether streams continue. Never returns.
async fn tick(runner: &SlotRunner) {
    let PointContext { plan, timers, gauges, .. } = runner.context();
    let mut interval = timers.interval(TICK);
    interval.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let mut before = clock::thread_cpu_time();
    let mut reads = runner.batcher.count();
    let index = runner.index() as usize;
    let mut pin = match plan.engine.cpu_pinning {
        CpuPinning::Auto => Some(CpuPin::new(index, usize::from(plan.engine.threads))),
        CpuPinning::Off => None,
    };
    let gauge: &AtomicU64 = &gauges.busy[index];
    loop {
        interval.tick().await;
        runner.attempts.interpreters.flush();
        pin.as_mut().map(CpuPin::update);
        let now = clock::thread_cpu_time();
        gauge.fetch_add(now - before, Relaxed);
        before = now;
        // A service whose replies are long is reached, though none of them has ended yet.
        let now = runner.batcher.count();
        if replace(&mut reads, now) != now {
            runner.dispatch.reachability.reached();
        }
    }
}

/// Closes the queue once the user wants to stop; requests in flight go on.
async fn close_when_drained(dispatch: &Dispatch) {
    dispatch.context.control.stop.drained().await;
    dispatch.queue.close();
    std::future::pending().await
}
