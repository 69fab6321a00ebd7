//! The batching model in real time: one task ends its steps and wakes the sequences it served.

use crate::batch::{Batch, Capacity, Emitted, Sequence};
use crate::config::Model;
use crate::timer::Timer;
use loadwright_timing::clock;
use std::collections::{HashMap, VecDeque};
use std::future::poll_fn;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Poll, Waker};
use tokio::sync::Notify;

/// Steps ended in one go at most: a machine too slow for the model has others to serve too.
const STEPS: usize = 1000;
/// Times kept of tokens that were not yet waited for, at most.
const DUES: usize = 1024;

/// The batch all requests share.
#[derive(Debug)]
pub(crate) struct Schedule {
    state: Mutex<State>,
    arrived: Notify,
}

#[derive(Debug)]
struct State {
    batch: Batch,
    served: HashMap<u64, Progress>,
    next: u64,
}

#[derive(Debug, Default)]
struct Progress {
    tokens: u32,
    /// When the next ones not yet waited for were there, by the model.
    dues: VecDeque<u64>,
    waker: Option<Waker>,
}

impl Schedule {
    /// An empty one; none: the model does not batch.
    pub(crate) fn of(model: &Model, seed: u64) -> Option<Self> {
        let batch = Batch::new(capacity(model)?, seed);
        let state = State { batch, served: HashMap::new(), next: 0 };
        Some(Self { state: Mutex::new(state), arrived: Notify::new() })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Ends steps as their time comes, for ever.
    pub(crate) async fn run(&self, timer: &Timer) {
        loop {
            let due = self.state().batch.due();
            match due {
                Some(due) => timer.until(due).await,
                None => self.arrived.notified().await,
            }
            self.state().advance();
            // A step that is over already is no wait, and others are to be served meanwhile.
            tokio::task::yield_now().await;
        }
    }

    /// Queues a request; its id is the schedule's own.
    pub(crate) fn enter(self: &Arc<Self>, mut sequence: Sequence) -> Ticket {
        let mut state = self.state();
        sequence.id = state.next;
        state.next += 1;
        state.advance();
        state.served.insert(sequence.id, Progress::default());
        state.batch.arrive(clock::now(), sequence);
        self.arrived.notify_one();
        Ticket { schedule: self.clone(), id: sequence.id, taken: 0, due: None }
    }
}

impl State {
    fn advance(&mut self) {
        let Self { batch, served, .. } = self;
        let now = clock::now();
        let mut emit = |emitted: Emitted| {
            if let Some(progress) = served.get_mut(&emitted.id) {
                progress.tokens += 1;
                if progress.dues.len() < DUES {
                    progress.dues.push_back(emitted.at);
                }
                if let Some(waker) = progress.waker.take() {
                    waker.wake();
                }
            }
        };
        for _ in 0..STEPS {
            if !batch.advance_once(now, &mut emit) {
                break;
            }
        }
    }
}

/// A place in the batch; dropping it gives the place up.
#[derive(Debug)]
pub(crate) struct Ticket {
    schedule: Arc<Schedule>,
    id: u64,
    /// Tokens that were waited for.
    taken: u32,
    /// When the last of them was due.
    due: Option<u64>,
}

impl Ticket {
    /// When the token that was last waited for was there, by the model.
    pub(crate) fn due(&self) -> Option<u64> {
        self.due
    }

    /// Returns once the sequence has `tokens` tokens.
    pub(crate) async fn tokens(&mut self, tokens: u32) {
        poll_fn(|context| {
            let mut state = self.schedule.state();
            let progress = state.served.get_mut(&self.id).expect("a ticket's entry outlives it");
            if progress.tokens >= tokens {
                while self.taken < tokens {
                    self.taken += 1;
                    self.due = progress.dues.pop_front().or(self.due);
                }
                return Poll::Ready(());
            }
            progress.waker = Some(context.waker().clone());
            Poll::Pending
        })
        .await;
    }

    /// Whether the sequence has `tokens` tokens already.
    pub(crate) fn has(&self, tokens: u32) -> bool {
        self.schedule.state().served.get(&self.id).is_some_and(|seen| seen.tokens >= tokens)
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        let mut state = self.schedule.state();
        state.served.remove(&self.id);
        state.batch.leave(self.id);
    }
}

fn capacity(model: &Model) -> Option<Capacity> {
    let Model::Batching {
        slots,
        prefill_tokens_per_s,
        prefill_chunk,
        decode_step_base,
        decode_step_per_sequence,
        noise,
    } = *model
    else {
        return None;
    };
    Some(Capacity {
        slots,
        prefill_token: 1e9 / prefill_tokens_per_s.max(1e-3),
        prefill_chunk,
        step_base: decode_step_base.as_nanos() as f64,
        step_sequence: decode_step_per_sequence.as_nanos() as f64,
        noise,
    })
}
