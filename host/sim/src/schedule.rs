//! The batching model in real time: one task ends its steps and wakes the sequences it served.

use crate::batch::{Batch, Sequence};
use crate::timer::Timer;
use loadwright_stamps::clock;
use std::collections::HashMap;
use std::future::poll_fn;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Poll, Waker};
use tokio::sync::Notify;

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
    waker: Option<Waker>,
}

impl Schedule {
    pub(crate) fn new(batch: Batch) -> Self {
        let state = State { batch, served: HashMap::new(), next: 0 };
        Self { state: Mutex::new(state), arrived: Notify::new() }
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
        Ticket { schedule: self.clone(), id: sequence.id }
    }
}

impl State {
    fn advance(&mut self) {
        let Self { batch, served, .. } = self;
        batch.advance(clock::now(), |emitted| {
            if let Some(progress) = served.get_mut(&emitted.id) {
                progress.tokens += 1;
                if let Some(waker) = progress.waker.take() {
                    waker.wake();
                }
            }
        });
    }
}

/// A place in the batch; dropping it gives the place up.
#[derive(Debug)]
pub(crate) struct Ticket {
    schedule: Arc<Schedule>,
    id: u64,
}

impl Ticket {
    /// Returns once the sequence has `tokens` tokens.
    pub(crate) async fn tokens(&self, tokens: u32) {
        poll_fn(|context| {
            let mut state = self.schedule.state();
            let progress = state.served.get_mut(&self.id).expect("a ticket's entry outlives it");
            if progress.tokens >= tokens {
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
