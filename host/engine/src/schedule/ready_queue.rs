//! The ready queue: requests prepared ahead of their slots, in order, each handed out once with its
//! scheduled time.

use crate::context::gauges::Gauges;
use crate::messages::PreparedRequest;
use crate::schedule::timetable::Timetable;
use loadwright_core::Nanos;
use loadwright_core::arrival::Offsets;
use loadwright_timing::clock;
use std::collections::VecDeque;
use std::ops::Range;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::task::Poll;
use std::time::Duration;
use tokio::sync::Notify;

/// Hands out slots to preparers, and their requests to engine threads.
pub(crate) struct ReadyQueue {
    state: Mutex<State>,
    /// Wakes engine threads: a request is ready, or no more will be.
    ready: Notify,
    /// Wakes preparers: there is room, or it is another preparer's turn.
    room: Condvar,
    limits: QueueLimits,
    gauges: Arc<Gauges>,
}

/// How much may be in the queue.
#[derive(Debug, Clone, Copy)]
pub(crate) struct QueueLimits {
    /// Requests.
    pub(crate) requests: usize,
    /// Bytes of their bodies.
    pub(crate) bytes: usize,
}

struct State {
    queue: VecDeque<PreparedRequest>,
    bytes: usize,
    /// The next slot that a preparer claims.
    claimed: u64,
    /// The next slot that is put into the queue.
    expected: u64,
    /// The number of slots.
    slots: u64,
    /// Nothing more is put in.
    closed: bool,
    /// Preparers may put in; false from when the queue is full until half of it is used.
    filling: bool,
    /// The next slot that is handed out.
    next: u64,
    /// When the queue was closed before its last slot was handed out.
    closed_early_at: Option<Nanos>,
    /// When slots are scheduled.
    timetable: Timetable,
    /// When the current phase began; scheduled times count from it.
    origin: Nanos,
}

/// A request that is handed out.
pub(crate) struct ReadyRequest {
    pub(crate) prepared: PreparedRequest,
    /// When it is scheduled; `None`: as soon as a worker is free.
    pub(crate) scheduled: Option<Nanos>,
}

/// A slot that was scheduled but not handed out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct MissedSlot {
    pub(crate) seq: u64,
    pub(crate) scheduled: Nanos,
}

impl ReadyQueue {
    /// A queue for `slots` slots, scheduled by `timetable`.
    pub(crate) fn new(
        slots: u64,
        timetable: Timetable,
        limits: QueueLimits,
        gauges: Arc<Gauges>,
    ) -> Self {
        let state = State {
            queue: VecDeque::new(),
            bytes: 0,
            claimed: 0,
            expected: 0,
            slots,
            closed: slots == 0,
            filling: true,
            next: 0,
            closed_early_at: None,
            timetable,
            origin: clock::now(),
        };
        Self {
            state: Mutex::new(state),
            ready: Notify::new(),
            room: Condvar::new(),
            limits,
            gauges,
        }
    }

    /// Claims the next slots for a preparer, at most `max`; `None`: there are no more, or the queue
    /// is closed. The first claims are small, so that sending begins soon.
    pub(crate) fn claim(&self, max: u64) -> Option<Range<u64>> {
        let mut state = self.lock();
        let left = state.slots.saturating_sub(state.claimed);
        if state.closed || left == 0 {
            return None;
        }
        let first = state.claimed;
        state.claimed += (first / 4).max(4).min(max).min(left);
        Some(first..state.claimed)
    }

    /// Puts in the requests of a claim that begins with slot `first`, once all before it are in and
    /// there is room; false: the queue is closed.
    pub(crate) fn put(&self, first: u64, mut batch: Vec<PreparedRequest>) -> bool {
        let mut state = self.lock();
        while !(state.closed || (state.expected == first && state.filling)) {
            state = self.room.wait(state).expect("no code panics while it holds the queue");
        }
        if state.closed {
            return false;
        }
        batch.iter_mut().for_each(|prepared| state.timetable.check(prepared));
        state.expected += batch.len() as u64;
        state.bytes += batch.iter().map(PreparedRequest::bytes).sum::<usize>();
        state.queue.extend(batch);
        state.filling = self.has_room(&state);
        self.gauges.ready.store(state.queue.len() as u64, Relaxed);
        state.closed = state.expected >= state.slots;
        drop(state);
        self.ready.notify_waiters();
        self.room.notify_all();
        true
    }

    /// Takes note that there are no more than `slots` slots: the trace has ended.
    pub(crate) fn end_at(&self, slots: u64) {
        let mut state = self.lock();
        state.slots = state.slots.min(slots);
        state.closed |= state.expected >= state.slots;
        drop(state);
        self.ready.notify_waiters();
        self.room.notify_all();
    }

    /// Waits until `count` requests are ready or all are, at most for `timeout`, so that the first
    /// workers do not find an empty queue.
    pub(crate) fn wait_until_filled(&self, count: usize, timeout: Duration) {
        let count = count.min(self.limits.requests);
        let is_short = |state: &mut State| {
            let has_room = state.bytes < self.limits.bytes;
            !state.closed && state.queue.len() < count && has_room
        };
        let waited = self.room.wait_timeout_while(self.lock(), timeout, is_short);
        drop(waited.expect("no code panics while it holds the queue"));
    }

    /// Closes the queue: nothing more is put in or handed out.
    pub(crate) fn close(&self) {
        let mut state = self.lock();
        state.closed_early_at.get_or_insert_with(clock::now);
        state.closed = true;
        state.queue.clear();
        drop(state);
        self.ready.notify_waiters();
        self.room.notify_all();
    }

    /// Begins a phase, with arrivals of its own where there are any; scheduled times count from
    /// `origin`.
    pub(crate) fn restart(&self, arrivals: Option<Offsets>, origin: Nanos) {
        let mut state = self.lock();
        state.timetable.restart(arrivals);
        state.origin = origin;
    }

    /// The next slot below `end` that was scheduled before the queue was closed, and before `latest`,
    /// but was not handed out; each is returned once. `None`: there are no more, the queue is not
    /// closed, or slots are not scheduled by arrivals.
    pub(crate) fn next_missed(&self, end: u64, latest: Option<Nanos>) -> Option<MissedSlot> {
        let mut state = self.lock();
        let until = state.closed_early_at?.min(latest.unwrap_or(Nanos::MAX));
        let seq = state.next;
        if seq >= state.slots.min(end) {
            return None;
        }
        let origin = state.origin;
        let offset = state.timetable.next_arrival_before(until.checked_sub(origin)?)?;
        state.next += 1;
        Some(MissedSlot { seq, scheduled: origin + offset })
    }

    /// The next request of the phase of slots below `end`, once it is ready; `None`: there are no
    /// more.
    pub(crate) async fn next(&self, end: u64) -> Option<ReadyRequest> {
        let mut starved = false;
        loop {
            // Registering for a wake-up costs more than trying first, which mostly succeeds.
            if let Poll::Ready(next) = self.try_next(end) {
                return next;
            }
            let notified = self.ready.notified();
            tokio::pin!(notified);
            notified.as_mut().enable();
            if let Poll::Ready(next) = self.try_next(end) {
                return next;
            }
            if !std::mem::replace(&mut starved, true) {
                self.gauges.starved.fetch_add(1, Relaxed);
            }
            notified.await;
        }
    }

    /// What [`next`](Self::next) returns; pending: it has to wait.
    fn try_next(&self, end: u64) -> Poll<Option<ReadyRequest>> {
        let mut state = self.lock();
        match state.queue.front() {
            Some(front) if front.seq < end => Poll::Ready(Some(self.take(&mut state))),
            None if !state.closed && state.expected < end => Poll::Pending,
            Some(_) | None => Poll::Ready(None),
        }
    }

    /// Whether every slot below `end` was handed out.
    pub(crate) fn is_exhausted(&self, end: u64) -> bool {
        let state = self.lock();
        match state.queue.front() {
            Some(front) => front.seq >= end,
            None => state.closed || state.expected >= end,
        }
    }

    /// Whether slots have scheduled times.
    pub(crate) fn is_scheduled(&self) -> bool {
        !matches!(self.lock().timetable, Timetable::WhenFree)
    }

    fn take(&self, state: &mut State) -> ReadyRequest {
        let prepared = state.queue.pop_front().expect("its front was checked under the same lock");
        state.bytes -= prepared.bytes();
        state.next = prepared.seq + 1;
        self.gauges.ready.store(state.queue.len() as u64, Relaxed);
        let origin = state.origin;
        let scheduled = state.timetable.next(&prepared).map(|offset| origin + offset);
        // Preparers of a full queue wake once half of it is used, not for every request taken.
        if !state.filling && self.is_half_used(state) {
            state.filling = true;
            self.room.notify_all();
        }
        ReadyRequest { prepared, scheduled }
    }

    fn has_room(&self, state: &State) -> bool {
        state.queue.len() < self.limits.requests && state.bytes < self.limits.bytes
    }

    fn is_half_used(&self, state: &State) -> bool {
        state.queue.len() * 2 <= self.limits.requests && state.bytes * 2 <= self.limits.bytes
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("no code panics while it holds the queue")
    }
}

#[cfg(test)]
mod tests;
