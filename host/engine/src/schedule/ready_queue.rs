//! The ready queue: requests formatted ahead of their slot, in order, each handed out once with the
//! time at which it is scheduled.

use crate::context::gauges::Gauges;
use crate::messages::Prepared;
use loadwright_core::Nanos;
use loadwright_core::arrival::Offsets;
use loadwright_timing::clock;
use std::collections::VecDeque;
use std::iter::Peekable;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::task::Poll;
use std::time::Duration;
use tokio::sync::Notify;

/// Hands out prepared requests, and the turns of those who prepare them.
pub(crate) struct Dispenser {
    state: Mutex<State>,
    /// Wakes takers: something is ready, or nothing more will be.
    ready: Notify,
    /// Wakes makers: there is room, or it is another maker's turn.
    room: Condvar,
    limits: Room,
    gauges: Arc<Gauges>,
}

/// How much may wait.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Room {
    /// Requests.
    pub(crate) requests: usize,
    /// Bytes of their bodies.
    pub(crate) bytes: usize,
}

struct State {
    queue: VecDeque<Prepared>,
    bytes: usize,
    /// The slot that the next maker begins with.
    claimed: u64,
    /// The slot that goes into the queue next.
    expected: u64,
    /// Slots in all.
    slots: u64,
    /// Nothing more will be put in.
    closed: bool,
    /// Makers may put in; false from when the queue is full until half of it is used.
    filling: bool,
    /// The slot that is handed out next.
    next: u64,
    /// When the queue was closed before its last slot was handed out.
    cut: Option<Nanos>,
    /// When slots are scheduled, where arrivals say so.
    offsets: Option<Peekable<Offsets>>,
    /// When the present phase began; scheduled times count from it.
    origin: Nanos,
}

/// A request and when it is scheduled; none: as soon as its worker is free.
pub(crate) struct Dispensed {
    pub(crate) prepared: Prepared,
    pub(crate) scheduled: Option<Nanos>,
}

impl Dispenser {
    /// A queue for `slots` slots, paced by `offsets` where given.
    pub(crate) fn new(
        slots: u64,
        offsets: Option<Offsets>,
        limits: Room,
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
            cut: None,
            offsets: offsets.map(Iterator::peekable),
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

    /// Claims the next slots for a maker, at most `most`: the first, and how many; `None`: there are
    /// no more, or the queue is closed. The first claims are small, so that sending soon begins.
    pub(crate) fn claim(&self, most: u64) -> Option<(u64, u64)> {
        let mut state = self.lock();
        let left = state.slots - state.claimed;
        if state.closed || left == 0 {
            return None;
        }
        let first = state.claimed;
        let count = (first / 4).max(4).min(most).min(left);
        state.claimed += count;
        Some((first, count))
    }

    /// Puts in what was made of a claim, once those before it are in and there is room. False: the
    /// queue is closed.
    pub(crate) fn put(&self, first: u64, batch: Vec<Prepared>) -> bool {
        let mut state = self.lock();
        while !(state.closed || (state.expected == first && state.filling)) {
            state = self.room.wait(state).expect("nothing panics while it holds the queue");
        }
        if state.closed {
            return false;
        }
        state.expected += batch.len() as u64;
        state.bytes += batch.iter().map(Prepared::bytes).sum::<usize>();
        state.queue.extend(batch);
        state.filling = self.has_room(&state);
        self.gauges.ready.store(state.queue.len() as u64, Relaxed);
        state.closed = state.expected == state.slots;
        drop(state);
        self.ready.notify_waiters();
        self.room.notify_all();
        true
    }

    /// Waits until `count` requests are ready, all of them are, or `limit` is over: the first
    /// workers are not to find an empty queue.
    pub(crate) fn fill(&self, count: usize, limit: Duration) {
        let count = count.min(self.limits.requests);
        let short = |state: &mut State| {
            let room = state.bytes < self.limits.bytes;
            !state.closed && state.queue.len() < count && room
        };
        let waited = self.room.wait_timeout_while(self.lock(), limit, short);
        drop(waited.expect("nothing panics while it holds the queue"));
    }

    /// Nothing more is put in or handed out.
    pub(crate) fn close(&self) {
        let mut state = self.lock();
        state.cut.get_or_insert_with(clock::now);
        state.closed = true;
        state.queue.clear();
        drop(state);
        self.ready.notify_waiters();
        self.room.notify_all();
    }

    /// Due times count from now on: a phase begins, with its own arrivals.
    pub(crate) fn restart(&self, offsets: Option<Offsets>, origin: Nanos) {
        let mut state = self.lock();
        state.offsets = offsets.map(Iterator::peekable);
        state.origin = origin;
    }

    /// The next slot below `end` that was scheduled when the queue was closed, or at `latest` if that was
    /// before, and was not handed out: its number and scheduled time, each once. `None`: there are no
    /// more, the queue was not closed, or slots are scheduled when their worker is free.
    pub(crate) fn missed(&self, end: u64, latest: Option<Nanos>) -> Option<(u64, Nanos)> {
        let mut state = self.lock();
        let until = state.cut?.min(latest.unwrap_or(Nanos::MAX));
        let seq = state.next;
        if seq >= state.slots.min(end) {
            return None;
        }
        let origin = state.origin;
        let offset = state.offsets.as_mut()?.next_if(|offset| origin + offset <= until)?;
        state.next += 1;
        Some((seq, origin + offset))
    }

    /// Whether slots are left that belong to the phase of slots below `end`, and the next of them.
    pub(crate) async fn next(&self, end: u64) -> Option<Dispensed> {
        let mut starved = false;
        loop {
            // Asking to be woken costs more than a look, and mostly something is there.
            if let Poll::Ready(answer) = self.look(end) {
                return answer;
            }
            let notified = self.ready.notified();
            tokio::pin!(notified);
            notified.as_mut().enable();
            if let Poll::Ready(answer) = self.look(end) {
                return answer;
            }
            if !std::mem::replace(&mut starved, true) {
                self.gauges.starved.fetch_add(1, Relaxed);
            }
            notified.await;
        }
    }

    /// What [`next`](Self::next) answers as things are; pending: it has to wait.
    fn look(&self, end: u64) -> Poll<Option<Dispensed>> {
        let mut state = self.lock();
        match state.queue.front() {
            Some(front) if front.seq < end => Poll::Ready(Some(self.take(&mut state))),
            None if !state.closed && state.expected < end => Poll::Pending,
            Some(_) | None => Poll::Ready(None),
        }
    }

    /// Whether every slot below `end` was handed out.
    pub(crate) fn spent(&self, end: u64) -> bool {
        let state = self.lock();
        match state.queue.front() {
            Some(front) => front.seq >= end,
            None => state.closed || state.expected >= end,
        }
    }

    /// Whether slots are scheduled by the clock.
    pub(crate) fn paced(&self) -> bool {
        self.lock().offsets.is_some()
    }

    fn take(&self, state: &mut State) -> Dispensed {
        let prepared = state.queue.pop_front().expect("its front was seen under the same lock");
        state.bytes -= prepared.bytes();
        state.next = prepared.seq + 1;
        self.gauges.ready.store(state.queue.len() as u64, Relaxed);
        let origin = state.origin;
        let scheduled =
            state.offsets.as_mut().and_then(Iterator::next).map(|offset| origin + offset);
        // Makers of a full queue wake once half of it is used, not for every request taken.
        if !state.filling && self.is_half_used(state) {
            state.filling = true;
            self.room.notify_all();
        }
        Dispensed { prepared, scheduled }
    }

    fn has_room(&self, state: &State) -> bool {
        state.queue.len() < self.limits.requests && state.bytes < self.limits.bytes
    }

    fn is_half_used(&self, state: &State) -> bool {
        state.queue.len() * 2 <= self.limits.requests && state.bytes * 2 <= self.limits.bytes
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("nothing panics while it holds the queue")
    }
}

#[cfg(test)]
mod tests;
