//! What really happened: one record a request, and counts that can be waited for.

use crate::config::Truth;
use crate::fault::Fault;
use crate::lateness::Late;
use crate::memory::Held;
use loadwright_timing::clock;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// One completion request as the server knows it. Times are [`clock::now`]'s nanoseconds.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Served {
    /// The request's `x-request-id`; empty where it had none.
    pub request_id: String,
    /// Its place in the order of receipt, from 0.
    pub index: u64,
    /// Which connection carried it, from 0 in order of acceptance.
    pub connection: u64,
    /// The kernel's receive time of its first bytes, where there is one; else as `received_user`.
    pub received: u64,
    /// The clock after they were read.
    pub received_user: u64,
    /// The clock just before the write of each frame with output; first and last alone under
    /// [`Truth::Ends`], none under [`Truth::Off`].
    pub frames: Vec<u64>,
    /// How many frames with output there were.
    pub frame_count: u64,
    /// The clock after the last write, or when the request was given up.
    pub ended: u64,
    /// Whether the reply was sent to its end as scripted; false: the client or the server left.
    pub complete: bool,
    /// The status sent; 0: none.
    pub status: u16,
    /// Prompt tokens counted; 0: the reply ended before they were.
    pub prompt_tokens: u32,
    /// Output tokens sent, all choices together.
    pub output_tokens: u32,
    /// The request's body, where the server keeps them.
    pub body: Option<Vec<u8>>,
    /// The faults that befell it.
    pub faults: Vec<Fault>,
}

/// Counts of a server so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// Connections accepted.
    pub connections: u64,
    /// Completion requests received.
    pub received: u64,
    /// Completion requests ended, in whatever way.
    pub ended: u64,
    /// Frames with output, of the requests that have ended.
    pub frames: u64,
}

/// Where records go and counts are kept.
#[derive(Debug)]
pub(crate) struct Log {
    truth: Truth,
    state: Mutex<State>,
    changed: Condvar,
    /// How late frames were written, behind the time the model planned.
    pub(crate) frames: Late,
    /// How long the end of a reply waited for the count of its prompt.
    pub(crate) counts: Late,
}

#[derive(Debug, Default)]
struct State {
    counts: Counts,
    served: Vec<Served>,
}

impl Log {
    pub(crate) fn new(truth: Truth) -> Self {
        Self {
            truth,
            state: Mutex::default(),
            changed: Condvar::new(),
            frames: Late::default(),
            counts: Late::default(),
        }
    }

    /// Whether records are kept.
    pub(crate) fn keeps(&self) -> bool {
        self.truth != Truth::Off
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn counts(&self) -> Counts {
        self.state().counts
    }

    pub(crate) fn served(&self) -> Vec<Served> {
        self.state().served.clone()
    }

    /// Waits until the counts are as wished; gives the counts, or none after `limit`.
    pub(crate) fn wait(&self, limit: Duration, wish: impl Fn(&Counts) -> bool) -> Option<Counts> {
        let (state, waited) = self
            .changed
            .wait_timeout_while(self.state(), limit, |state| !wish(&state.counts))
            .unwrap_or_else(PoisonError::into_inner);
        (!waited.timed_out()).then_some(state.counts)
    }

    /// Counts a connection and gives its number.
    pub(crate) fn connection(&self) -> u64 {
        self.count(|counts| &mut counts.connections)
    }

    /// Counts a request and opens its record; what it holds is held as long as that.
    pub(crate) fn open(self: &Arc<Self>, mut served: Served, held: Held) -> Account {
        served.index = self.count(|counts| &mut counts.received);
        Account { log: self.clone(), served, held }
    }

    fn count(&self, which: impl Fn(&mut Counts) -> &mut u64) -> u64 {
        let mut state = self.state();
        let count = which(&mut state.counts);
        *count += 1;
        let before = *count - 1;
        self.changed.notify_all();
        before
    }
}

/// The record of a request under way; goes to the log when dropped, however that comes about.
#[derive(Debug)]
pub(crate) struct Account {
    log: Arc<Log>,
    pub(crate) served: Served,
    /// The memory that the request and its reply hold.
    pub(crate) held: Held,
}

impl Account {
    /// Frames with output, of so many tokens in all, are about to be written; the last was due then.
    pub(crate) fn frames(&mut self, frames: u32, tokens: u32, due: Option<u64>) {
        self.served.frame_count += u64::from(frames);
        self.served.output_tokens = self.served.output_tokens.saturating_add(tokens);
        if due.is_none() && !self.log.keeps() {
            return;
        }
        let now = clock::now();
        if let Some(due) = due {
            self.log.frames.note(now.saturating_sub(due));
        }
        if !self.log.keeps() {
            return;
        }
        for _ in 0..frames {
            match self.log.truth {
                Truth::Ends if self.served.frames.len() == 2 => self.served.frames[1] = now,
                _ => self.served.frames.push(now),
            }
        }
    }
}

impl Drop for Account {
    fn drop(&mut self) {
        self.served.ended = clock::now();
        let served = std::mem::take(&mut self.served);
        let mut state = self.log.state();
        state.counts.ended += 1;
        state.counts.frames += served.frame_count;
        if self.log.keeps() {
            state.served.push(served);
        }
        self.log.changed.notify_all();
    }
}
