//! The batching model in real time: one task ends its steps and wakes the sequences that got tokens.

use crate::config::Model;
use crate::pacing::batch::{Batch, BatchModel, Emitted, Sequence};
use crate::timer::Timer;
use loadwright_timing::clock;
use std::collections::{HashMap, VecDeque};
use std::future::poll_fn;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Poll, Waker};
use tokio::sync::Notify;

/// Maximum number of steps ended at once: a machine too slow for the model has others to serve too.
const MAX_STEPS: usize = 1000;
/// Maximum number of token times kept for a sequence that has not waited for them yet.
const MAX_TOKEN_TIMES: usize = 1024;

/// The batch that all requests share.
#[derive(Debug)]
pub(crate) struct BatchScheduler {
    state: Mutex<State>,
    arrived: Notify,
}

#[derive(Debug)]
struct State {
    batch: Batch,
    sequences: HashMap<u64, Progress>,
    next_id: u64,
}

#[derive(Debug, Default)]
struct Progress {
    tokens: u32,
    /// When the model produced those that were not waited for yet.
    token_times: VecDeque<u64>,
    waker: Option<Waker>,
}

impl BatchScheduler {
    /// An idle scheduler; none: the model does not batch.
    pub(crate) fn new(model: &Model, seed: u64) -> Option<Self> {
        let batch = Batch::new(batch_model(model)?, seed);
        let state = State { batch, sequences: HashMap::new(), next_id: 0 };
        Some(Self { state: Mutex::new(state), arrived: Notify::new() })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Ends steps as their time comes; never returns.
    pub(crate) async fn run(&self, timer: &Timer) {
        loop {
            let step_end = self.state().batch.step_end();
            match step_end {
                Some(end) => timer.until(end).await,
                None => self.arrived.notified().await,
            }
            self.state().advance();
            // A step that is already over does not wait, and other tasks need to run.
            tokio::task::yield_now().await;
        }
    }

    /// Queues a sequence under an id of its own.
    pub(crate) fn submit(self: &Arc<Self>, mut sequence: Sequence) -> SequenceHandle {
        let mut state = self.state();
        sequence.id = state.next_id;
        state.next_id += 1;
        state.advance();
        state.sequences.insert(sequence.id, Progress::default());
        state.batch.arrive(clock::now(), sequence);
        self.arrived.notify_one();
        SequenceHandle { scheduler: self.clone(), id: sequence.id, taken: 0, last_token_at: None }
    }
}

impl State {
    fn advance(&mut self) {
        let Self { batch, sequences, .. } = self;
        let now = clock::now();
        let mut emit = |emitted: Emitted| {
            if let Some(progress) = sequences.get_mut(&emitted.id) {
                progress.tokens += 1;
                if progress.token_times.len() < MAX_TOKEN_TIMES {
                    progress.token_times.push_back(emitted.at);
                }
                if let Some(waker) = progress.waker.take() {
                    waker.wake();
                }
            }
        };
        for _ in 0..MAX_STEPS {
            if !batch.advance(now, &mut emit) {
                break;
            }
        }
    }
}

/// A submitted sequence; dropping it cancels the sequence.
#[derive(Debug)]
pub(crate) struct SequenceHandle {
    scheduler: Arc<BatchScheduler>,
    id: u64,
    /// Number of tokens that were waited for.
    taken: u32,
    /// When the model produced the last of them.
    last_token_at: Option<u64>,
}

impl SequenceHandle {
    /// When the model produced the token that was last waited for.
    pub(crate) fn last_token_at(&self) -> Option<u64> {
        self.last_token_at
    }

    /// Completes once the sequence has `tokens` tokens.
    pub(crate) async fn wait_for(&mut self, tokens: u32) {
        poll_fn(|context| {
            let mut state = self.scheduler.state();
            let progress = state
                .sequences
                .get_mut(&self.id)
                .expect("the entry of a sequence outlives its handle");
            if progress.tokens >= tokens {
                while self.taken < tokens {
                    self.taken += 1;
                    self.last_token_at = progress.token_times.pop_front().or(self.last_token_at);
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
        self.scheduler
            .state()
            .sequences
            .get(&self.id)
            .is_some_and(|progress| progress.tokens >= tokens)
    }
}

impl Drop for SequenceHandle {
    fn drop(&mut self) {
        let mut state = self.scheduler.state();
        state.sequences.remove(&self.id);
        state.batch.cancel(self.id);
    }
}

fn batch_model(model: &Model) -> Option<BatchModel> {
    let Model::Batching {
        max_batch,
        prefill_tokens_per_s,
        prefill_chunk,
        decode_step_base,
        decode_step_per_sequence,
        noise,
    } = *model
    else {
        return None;
    };
    Some(BatchModel {
        max_batch,
        prefill_token: 1e9 / prefill_tokens_per_s.max(1e-3),
        prefill_chunk,
        step_base: decode_step_base.as_nanos() as f64,
        step_sequence: decode_step_per_sequence.as_nanos() as f64,
        noise,
    })
}
