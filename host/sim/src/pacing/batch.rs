//! Continuous batching as a state machine that is given the time: it has no clock and no task.
//!
//! Sequences queue for a place in the batch. A step prefills up to a chunk of prompt tokens and
//! decodes one token of every sequence whose prompt is done; its cost is fixed, plus a part for each
//! decoded sequence, plus the prefill. A sequence's first token comes at the end of the step that
//! finishes its prompt. So throughput grows with concurrency until the batch is full; beyond that
//! only the queue grows.

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, LogNormal};
use std::collections::VecDeque;

/// The cost model of a batch. Times in nanoseconds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct BatchModel {
    /// Maximum number of sequences decoded together.
    pub(crate) max_batch: u32,
    /// Cost of one prompt token.
    pub(crate) prefill_token: f64,
    /// Maximum number of prompt tokens per step.
    pub(crate) prefill_chunk: u32,
    /// Fixed cost of a step.
    pub(crate) step_base: f64,
    /// Cost that each decoded sequence adds.
    pub(crate) step_sequence: f64,
    /// Sigma of the lognormal factor of a step; 0: none.
    pub(crate) noise: f64,
}

/// A request in the batch or its queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Sequence {
    /// Its identity.
    pub(crate) id: u64,
    /// Prompt tokens to prefill.
    pub(crate) prompt: u32,
    /// Tokens to decode for each of its choices.
    pub(crate) output: u32,
    /// Choices decoded in parallel; each takes a place in the batch.
    pub(crate) width: u32,
}

/// A token of a sequence, produced at the end of a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Emitted {
    /// The sequence.
    pub(crate) id: u64,
    /// When the step ended.
    pub(crate) at: u64,
    /// Whether it is the last of its sequence.
    pub(crate) last: bool,
}

/// The running batch and its queue.
#[derive(Debug)]
pub(crate) struct Batch {
    model: BatchModel,
    noise: Option<(LogNormal<f64>, ChaCha8Rng)>,
    running: Vec<Sequence>,
    queue: VecDeque<Sequence>,
    free: u32,
    step_end: Option<u64>,
}

impl Batch {
    /// An empty batch.
    pub(crate) fn new(model: BatchModel, seed: u64) -> Self {
        let noise = LogNormal::new(0.0, model.noise).ok().filter(|_| model.noise > 0.0);
        Self {
            model,
            noise: noise.map(|noise| (noise, ChaCha8Rng::seed_from_u64(seed))),
            running: Vec::new(),
            queue: VecDeque::new(),
            free: model.max_batch.max(1),
            step_end: None,
        }
    }

    /// A sequence arrives at `now`. The times passed to a batch never decrease.
    pub(crate) fn arrive(&mut self, now: u64, mut sequence: Sequence) {
        sequence.width = sequence.width.clamp(1, self.model.max_batch.max(1));
        sequence.output = sequence.output.max(1);
        self.queue.push_back(sequence);
        if self.step_end.is_none() {
            self.start_step(now);
        }
    }

    /// A sequence is cancelled; its places are free from the next step on.
    pub(crate) fn cancel(&mut self, id: u64) {
        self.queue.retain(|sequence| sequence.id != id);
        let free = &mut self.free;
        self.running.retain(|sequence| {
            let keep = sequence.id != id;
            if !keep {
                *free += sequence.width;
            }
            keep
        });
    }

    /// When the current step ends; none: the batch is idle.
    pub(crate) fn step_end(&self) -> Option<u64> {
        self.step_end
    }

    /// Ends the current step if it is over by `now`, and emits its tokens; false: it is not.
    pub(crate) fn advance(&mut self, now: u64, emit: &mut impl FnMut(Emitted)) -> bool {
        let Some(at) = self.step_end.filter(|&end| end <= now) else { return false };
        self.finish_step(at, emit);
        self.start_step(at);
        true
    }

    fn finish_step(&mut self, at: u64, emit: &mut impl FnMut(Emitted)) {
        let free = &mut self.free;
        self.running.retain_mut(|sequence| {
            if sequence.prompt > 0 {
                return true;
            }
            sequence.output -= 1;
            let last = sequence.output == 0;
            emit(Emitted { id: sequence.id, at, last });
            if last {
                *free += sequence.width;
            }
            !last
        });
    }

    /// Admits what fits and starts the next step, if there is anything to do.
    fn start_step(&mut self, at: u64) {
        while let Some(next) = self.queue.front().filter(|next| next.width <= self.free) {
            self.free -= next.width;
            self.running.extend(self.queue.pop_front());
        }
        self.step_end = (!self.running.is_empty()).then(|| at.saturating_add(self.prefill()));
    }

    /// Prefills the step's prompt tokens and returns the step's length.
    fn prefill(&mut self) -> u64 {
        let decoding = |sequence: &&Sequence| sequence.prompt == 0;
        let width: u32 = self.running.iter().filter(decoding).map(|sequence| sequence.width).sum();
        let chunk = self.model.prefill_chunk.max(1);
        let mut room = chunk;
        for sequence in &mut self.running {
            let done = sequence.prompt.min(room);
            sequence.prompt -= done;
            room -= done;
        }
        let BatchModel { step_base, step_sequence, prefill_token, .. } = self.model;
        let length =
            step_base + step_sequence * f64::from(width) + prefill_token * f64::from(chunk - room);
        let factor = self.noise.as_mut().map_or(1.0, |(noise, rng)| noise.sample(rng));
        ((length * factor) as u64).max(1)
    }
}

#[cfg(test)]
mod tests;
