//! Runs one slot from its scheduled time to its end: every turn of its conversation, and every
//! attempt at a turn.

use super::connection_pool::ConnectionPool;
use super::dispatch::Dispatch;
use crate::context::PointContext;
use crate::context::reachability::Reachability;
use crate::exchange::attempt::{Attempt, AttemptContext};
use crate::exchange::transport::{Connection, Exchanged, Transport};
use crate::messages::{AttemptId, Failure, NextStep, NextTurn, PreparedRequest, TurnContext};
use loadwright_core::Nanos;
use loadwright_core::outcome::Outcome;
use loadwright_core::ports::PluginFailure;
use loadwright_core::request::Request;
use loadwright_timing::clock;
use loadwright_timing::pacer::Pacer;
use loadwright_timing::read_batcher::ReadBatcher;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;
use tokio::sync::oneshot;
use tokio::task::JoinSet;

/// Runs slots on one engine thread.
pub(crate) struct SlotRunner {
    pub(crate) dispatch: Arc<Dispatch>,
    pub(crate) attempts: Arc<AttemptContext>,
    /// This thread's read batching.
    pub(crate) batcher: Arc<ReadBatcher>,
    /// This thread's connections between requests.
    pub(crate) pool: ConnectionPool,
    transport: Transport,
    /// Attempts so far; their numbers are unique among the point's threads.
    count: AtomicU64,
    index: u64,
}

/// A turn that starts: its request, or why there is none, and what accompanies it.
struct StartingTurn {
    /// Its first attempt.
    id: AttemptId,
    request: Result<Request, PluginFailure>,
    turn: TurnContext,
}

/// A turn that is over.
struct EndedTurn {
    /// What its last attempt showed about the service.
    shown: Reachability,
    /// The turns that may start now.
    next: Vec<NextTurn>,
}

/// A turn that is attempted.
struct Attempted<'a> {
    request: &'a Result<Request, PluginFailure>,
    turn: TurnContext,
}

impl SlotRunner {
    /// The slot runner of engine thread `index`.
    pub(crate) fn new(
        dispatch: &Arc<Dispatch>,
        attempts: Arc<AttemptContext>,
        batcher: Arc<ReadBatcher>,
        index: u64,
    ) -> Self {
        let PointContext { plan, timers, gauges, .. } = &*dispatch.context;
        let transport = Transport::new(plan, &dispatch.connector, timers, gauges, &batcher);
        let (dispatch, pool) = (Arc::clone(dispatch), ConnectionPool::default());
        let count = AtomicU64::new(0);
        Self { dispatch, attempts, batcher, pool, transport, count, index }
    }

    /// Which of the point's engine threads this is.
    pub(crate) fn index(&self) -> u64 {
        self.index
    }

    /// The point's context.
    pub(crate) fn context(&self) -> &PointContext {
        &self.dispatch.context
    }

    /// Runs one slot over the connection `kept`, and leaves one there that may be used again.
    /// Returns what its last attempt showed about the service.
    pub(crate) async fn run(
        self: &Arc<Self>,
        kept: &mut Option<Connection>,
        prepared: PreparedRequest,
        scheduled: Nanos,
    ) -> Reachability {
        let PreparedRequest { seq, request, turn, not_before, .. } = prepared;
        let slot = self.first_attempt(seq, scheduled);
        let id = AttemptId { scheduled: scheduled.saturating_add(not_before), ..slot };
        let mut starting = StartingTurn { id, request, turn };
        loop {
            let EndedTurn { shown, mut next } = self.run_turn(kept, starting).await;
            match next.pop() {
                None => return shown,
                Some(only) if next.is_empty() => starting = starting_turn(slot, only),
                Some(last) => {
                    next.push(last);
                    return self.run_together(kept, slot, next).await;
                }
            }
        }
    }

    /// Runs `turns` of a slot beside one another, each over a connection of its own, and all that
    /// follow them. Returns what the last of them showed about the service.
    async fn run_together(
        self: &Arc<Self>,
        kept: &mut Option<Connection>,
        slot: AttemptId,
        mut turns: Vec<NextTurn>,
    ) -> Reachability {
        self.pool.put_back(kept.take());
        let mut running = JoinSet::new();
        let mut last = Reachability::NotAttempted;
        loop {
            for next in turns.drain(..) {
                let (runner, starting) = (Arc::clone(self), starting_turn(slot, next));
                running.spawn(async move {
                    let mut kept = runner.pool.take();
                    let ended = runner.run_turn(&mut kept, starting).await;
                    runner.pool.put_back(kept);
                    ended
                });
            }
            let Some(ended) = running.join_next().await else { break };
            let EndedTurn { shown, next } =
                ended.expect("a turn's task neither panics nor is aborted");
            (last, turns) = (shown, next);
        }
        *kept = self.pool.take();
        last
    }

    /// Runs one turn at its scheduled time, and every attempt at it.
    async fn run_turn(&self, kept: &mut Option<Connection>, starting: StartingTurn) -> EndedTurn {
        let StartingTurn { mut id, request, mut turn } = starting;
        let ended = |shown| EndedTurn { shown, next: Vec::new() };
        if !self.wait_until(id.scheduled).await {
            return ended(Reachability::NotAttempted);
        }
        loop {
            let waits = turn.state.is_some() || self.context().plan.request.retries > 0;
            let (sender, receiver) = if waits {
                let (sender, receiver) = oneshot::channel();
                (Some(sender), Some(receiver))
            } else {
                (None, None)
            };
            let attempted = Attempted { request: &request, turn };
            let shown = self.attempt_once(kept, id, attempted, sender).await;
            self.dispatch.observe(shown);
            let Some(receiver) = receiver else { return ended(shown) };
            match receiver.await.unwrap_or(NextStep::Done) {
                NextStep::Done => return ended(shown),
                NextStep::NextTurns(next) => return EndedTurn { shown, next },
                NextStep::Retry { turn: same, delay } => {
                    id.attempt += 1;
                    if !self.back_off(shown, delay).await {
                        let text = "stopped by the user before it was tried again";
                        self.record_unsent(id, same, Outcome::Cancelled, text);
                        return ended(shown);
                    }
                    turn = same;
                }
            }
        }
    }

    /// Waits until `scheduled`; false: no new request may start any more.
    async fn wait_until(&self, scheduled: Nanos) -> bool {
        /// What the timers may be late by: the rest is waited for by a finer one.
        const COARSE: Nanos = 3_000_000;
        let left = || scheduled.saturating_sub(clock::now());
        if left() == 0 {
            return true;
        }
        if left() > COARSE && !self.pause(left() - COARSE).await {
            return false;
        }
        let stop = &self.context().control.stop;
        match Pacer::new() {
            Ok(pacer) => tokio::select! {
                biased;
                () = stop.drained() => false,
                result = pacer.until(scheduled) => {
                    result.expect("a timer that was created can be set");
                    true
                }
            },
            // No file descriptor is left for one.
            Err(_) => self.pause(left()).await,
        }
    }

    /// Waits as [`pause`](Self::pause) does, and counts the wait if the service asked for it.
    async fn back_off(&self, reachability: Reachability, delay: Nanos) -> bool {
        let start = clock::now();
        let may_start = self.pause(delay).await;
        self.context().gauges.add_backoff(reachability, start);
        may_start
    }

    /// Waits between two requests; false: no new one may start any more.
    async fn pause(&self, delay: Nanos) -> bool {
        let PointContext { control, timers, .. } = self.context();
        tokio::select! {
            biased;
            () = control.stop.drained() => false,
            () = timers.sleep(Duration::from_nanos(delay)) => true,
        }
    }

    async fn attempt_once(
        &self,
        kept: &mut Option<Connection>,
        id: AttemptId,
        attempted: Attempted<'_>,
        next_step: Option<oneshot::Sender<NextStep>>,
    ) -> Reachability {
        let mut attempt = self.attempt(id, attempted.turn);
        let request = match attempted.request {
            Ok(request) => request,
            Err(failure) => {
                let failure = Failure::new(Outcome::Plugin, failure.to_string());
                attempt.finish(Err(failure), next_step);
                return Reachability::NotAttempted;
            }
        };
        // A conversation that has begun is not cut short by the end of the duration.
        let begins = id.turn == 0 && !id.warmup;
        let latest = if begins { self.context().lifecycle.latest_start() } else { None };
        match self.transport.exchange(kept, &mut attempt, request, latest).await {
            Ok(Exchanged::TooLate) => {
                self.too_late(attempt, next_step);
                Reachability::NotAttempted
            }
            Ok(Exchanged::Done) => attempt.finish(Ok(()), next_step),
            Err(failure) => attempt.finish(Err(failure), next_step),
        }
    }

    /// There was no connection before the duration was over. A slot that begins when its worker is
    /// free then never began; one that was planned for a time is missing.
    fn too_late(&self, attempt: Attempt, next_step: Option<oneshot::Sender<NextStep>>) {
        let planned = self.context().plan.load.is_planned();
        if planned || attempt.id().attempt > 0 {
            let text = "no connection before --duration was over";
            attempt.finish(Err(Failure::new(Outcome::Dropped, text)), next_step);
        } else {
            attempt.discard();
        }
    }

    /// Records a slot that is not sent at all, and why.
    pub(crate) fn drop_slot(&self, seq: u64, turn: TurnContext, scheduled: Nanos, why: &str) {
        self.record_unsent(self.first_attempt(seq, scheduled), turn, Outcome::Dropped, why);
    }

    fn record_unsent(&self, id: AttemptId, turn: TurnContext, outcome: Outcome, why: &str) {
        self.attempt(id, turn).finish(Err(Failure::new(outcome, why)), None);
    }

    fn first_attempt(&self, seq: u64, scheduled: Nanos) -> AttemptId {
        let warmup = self.context().plan.is_warmup(seq);
        AttemptId { seq, turn: 0, attempt: 0, warmup, scheduled }
    }

    fn attempt(&self, id: AttemptId, turn: TurnContext) -> Attempt {
        let plan = &self.context().plan;
        let threads = u64::from(plan.engine.threads.max(1));
        let number = self.count.fetch_add(1, Relaxed) * threads + self.index;
        Attempt::new(number, id, turn, plan.engine.timestamps, &self.attempts)
    }
}

/// A turn of `slot` that starts once its pause is over, and not before its own time.
fn starting_turn(slot: AttemptId, next: NextTurn) -> StartingTurn {
    let NextTurn { number, request, turn, delay, not_before } = next;
    let rested = clock::now().saturating_add(delay);
    let scheduled = rested.max(slot.scheduled.saturating_add(not_before));
    let id = AttemptId { turn: number, attempt: 0, scheduled, ..slot };
    StartingTurn { id, request: request.map(|request| *request), turn }
}
