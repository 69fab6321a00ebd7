//! What the engine threads of a point share: the ready queue, and the limits on sending more.

use super::ready_queue::{QueueLimits, ReadyQueue};
use super::timetable::{Timetable, Trace};
use crate::context::PointContext;
use crate::context::gauges::Gauges;
use crate::context::reachability::{Reachability, ReachabilityMonitor};
use crate::exchange::net::connect::Connector;
use crate::messages::capture::CapturePool;
use loadwright_core::arrival::Offsets;
use loadwright_core::plan::{Load, Plan};
use loadwright_core::sample::EndReason;
use loadwright_timing::clock;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, TryAcquireError};

/// What the engine threads of a point share.
pub(crate) struct Dispatch {
    pub(crate) context: Arc<PointContext>,
    pub(crate) queue: Arc<ReadyQueue>,
    pub(crate) connector: Arc<Connector>,
    pub(crate) captures: Arc<CapturePool>,
    pub(crate) reachability: ReachabilityMonitor,
    /// A permit for each slot of an open loop that may be in flight, if that is limited.
    permits: Option<Arc<Semaphore>>,
}

impl Dispatch {
    /// What the engine threads of the point with `context` share.
    pub(crate) fn new(
        context: Arc<PointContext>,
        queue: Arc<ReadyQueue>,
        connector: Arc<Connector>,
    ) -> Self {
        let max_in_flight = match context.plan.load {
            Load::Open { max_in_flight, .. } | Load::Trace { max_in_flight } => max_in_flight,
            Load::Closed { .. } => None,
        };
        let permits = max_in_flight.map(|limit| Arc::new(Semaphore::new(limit as usize)));
        Self {
            reachability: ReachabilityMonitor::new(context.control.give_up),
            context,
            queue,
            connector,
            captures: Arc::default(),
            permits,
        }
    }

    /// Begins the measured phase: arrivals, the duration and samples count from now.
    pub(crate) fn begin_measuring(&self) {
        let PointContext { plan, gauges, lifecycle, .. } = &*self.context;
        let now = clock::now();
        // Drops what was counted in the warm-up.
        let _ = gauges.sample(now, 0);
        self.queue.restart(offsets(plan, false), now);
        lifecycle.begin_measuring(now, plan.limits.duration);
    }

    /// Whether the interpreters are too far behind for more requests to be sent.
    pub(crate) fn is_backlogged(&self) -> bool {
        let PointContext { gauges, budget, .. } = &*self.context;
        gauges.backlog.load(Relaxed) > budget.max_backlog()
    }

    /// Admits a slot of an open loop: if the number in flight is limited, it counts until the permit
    /// is dropped. It counts from its dispatch on: in a burst of late slots, none of which has begun
    /// yet, the limit would otherwise be exceeded.
    ///
    /// # Errors
    /// The limit is reached.
    pub(crate) fn admit(&self) -> Result<Option<OwnedSemaphorePermit>, TryAcquireError> {
        self.permits.as_ref().map(|permits| Arc::clone(permits).try_acquire_owned()).transpose()
    }

    /// Takes what an attempt showed about the service; the point ends if the service is gone.
    pub(crate) fn observe(&self, reachability: Reachability) {
        if self.reachability.observe(reachability) {
            self.context.lifecycle.end(EndReason::ServerGone);
        }
    }
}

/// The ready queue for `plan`; slot 0 carries the dataset's item `first_item`.
pub(crate) fn ready_queue(plan: &Plan, first_item: u64, gauges: &Arc<Gauges>) -> ReadyQueue {
    /// Bytes of bodies in the queue.
    const BYTES: usize = 64 * 1024 * 1024;
    let requests = match plan.load {
        // Enough for every worker to start at once, within reason.
        Load::Closed { workers, .. } => (workers as usize * 2).clamp(512, 8192),
        Load::Open { .. } | Load::Trace { .. } => 2048,
    };
    let limits = QueueLimits { requests, bytes: BYTES };
    let slots = plan.slots().unwrap_or(u64::MAX);
    let timetable = match plan.load {
        Load::Trace { .. } => Timetable::Trace(Trace::new(&plan.request.dataset, first_item)),
        Load::Closed { .. } | Load::Open { .. } => Timetable::of(offsets(plan, true)),
    };
    ReadyQueue::new(slots, timetable, limits, Arc::clone(gauges))
}

/// The arrivals of a phase. Warm-up and measurement draw from streams of their own.
fn offsets(plan: &Plan, warmup: bool) -> Option<Offsets> {
    Some(plan.load.arrival()?.offsets(if warmup { !plan.seed } else { plan.seed }))
}
