//! The ground truth: one record per request, and counts that can be waited for.

use crate::config::TruthDetail;
use crate::fault::Fault;
use crate::lateness::LatenessHistogram;
use crate::memory::Reservation;
use loadwright_timing::clock;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// One completion request as the server saw it. Times are [`clock::now`]'s nanoseconds.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Served {
    /// The `x-request-id` of the request; empty where it had none.
    pub request_id: String,
    /// Its `traceparent`; empty where it had none.
    pub traceparent: String,
    /// Its index, numbered from 0 as requests are received.
    pub index: u64,
    /// The index of its connection, numbered from 0 as connections are accepted.
    pub connection: u64,
    /// The kernel's receive timestamp of its first bytes; as `received_user` where there is none.
    pub received: u64,
    /// The clock after they were read.
    pub received_user: u64,
    /// The clock just before the write of each frame with output; only the first and last under
    /// [`TruthDetail::Ends`], none under [`TruthDetail::Off`].
    pub frames: Vec<u64>,
    /// Number of frames with output.
    pub frame_count: u64,
    /// The clock after the last write, or when the request was abandoned.
    pub ended: u64,
    /// Whether the reply was sent to its end as scripted; false: the client disconnected or the server
    /// stopped.
    pub complete: bool,
    /// The HTTP status sent; 0: none.
    pub status: u16,
    /// Number of prompt tokens; 0: the reply ended before they were counted.
    pub prompt_tokens: u32,
    /// Number of output tokens sent, all choices together.
    pub output_tokens: u32,
    /// The body of the request, if the server keeps bodies.
    pub body: Option<Vec<u8>>,
    /// The faults that were injected.
    pub faults: Vec<Fault>,
}

/// Counts since the server started.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// Connections accepted.
    pub connections: u64,
    /// Completion requests received.
    pub received: u64,
    /// Completion requests ended, successfully or not.
    pub ended: u64,
    /// Frames with output of the requests that have ended.
    pub frames: u64,
}

/// The records and counts of a server.
#[derive(Debug)]
pub(crate) struct ServerTruth {
    detail: TruthDetail,
    state: Mutex<State>,
    changed: Condvar,
    /// How late frames were written, compared with the model.
    pub(crate) frame_lateness: LatenessHistogram,
    /// How long the ends of replies waited for the count of their prompts.
    pub(crate) count_delay: LatenessHistogram,
}

#[derive(Debug, Default)]
struct State {
    counts: Counts,
    served: Vec<Served>,
}

impl ServerTruth {
    pub(crate) fn new(detail: TruthDetail) -> Self {
        Self {
            detail,
            state: Mutex::default(),
            changed: Condvar::new(),
            frame_lateness: LatenessHistogram::default(),
            count_delay: LatenessHistogram::default(),
        }
    }

    /// Whether records are kept.
    pub(crate) fn keeps_records(&self) -> bool {
        self.detail != TruthDetail::Off
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn counts(&self) -> Counts {
        self.state().counts
    }

    pub(crate) fn records(&self) -> Vec<Served> {
        self.state().served.clone()
    }

    /// Blocks until `condition` holds for the counts; none: `limit` has passed.
    pub(crate) fn wait(
        &self,
        limit: Duration,
        condition: impl Fn(&Counts) -> bool,
    ) -> Option<Counts> {
        let (state, waited) = self
            .changed
            .wait_timeout_while(self.state(), limit, |state| !condition(&state.counts))
            .unwrap_or_else(PoisonError::into_inner);
        (!waited.timed_out()).then_some(state.counts)
    }

    /// Counts a connection and returns its index.
    pub(crate) fn count_connection(&self) -> u64 {
        self.count(|counts| &mut counts.connections)
    }

    /// Counts a request and opens its record, which keeps the memory reserved for it.
    pub(crate) fn open(self: &Arc<Self>, mut served: Served, memory: Reservation) -> RequestLog {
        served.index = self.count(|counts| &mut counts.received);
        RequestLog { truth: self.clone(), served, memory }
    }

    fn count(&self, counter: impl Fn(&mut Counts) -> &mut u64) -> u64 {
        let mut state = self.state();
        let count = counter(&mut state.counts);
        *count += 1;
        let before = *count - 1;
        self.changed.notify_all();
        before
    }
}

/// The record of a request in progress; added to the truth when dropped, for whatever reason.
#[derive(Debug)]
pub(crate) struct RequestLog {
    truth: Arc<ServerTruth>,
    pub(crate) served: Served,
    /// The memory reserved for the request and its reply.
    pub(crate) memory: Reservation,
}

impl RequestLog {
    /// Frames with output are about to be written; the last of them was due at `due`.
    pub(crate) fn frames(&mut self, frames: u32, tokens: u32, due: Option<u64>) {
        self.served.frame_count += u64::from(frames);
        self.served.output_tokens = self.served.output_tokens.saturating_add(tokens);
        if due.is_none() && !self.truth.keeps_records() {
            return;
        }
        let now = clock::now();
        if let Some(due) = due {
            self.truth.frame_lateness.record(now.saturating_sub(due));
        }
        if !self.truth.keeps_records() {
            return;
        }
        for _ in 0..frames {
            match self.truth.detail {
                TruthDetail::Ends if self.served.frames.len() == 2 => self.served.frames[1] = now,
                _ => self.served.frames.push(now),
            }
        }
    }
}

impl Drop for RequestLog {
    fn drop(&mut self) {
        self.served.ended = clock::now();
        let served = std::mem::take(&mut self.served);
        let mut state = self.truth.state();
        state.counts.ended += 1;
        state.counts.frames += served.frame_count;
        if self.truth.keeps_records() {
            state.served.push(served);
        }
        self.truth.changed.notify_all();
    }
}
