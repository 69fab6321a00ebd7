//! Continuous batching as a state machine driven by given times: no clock, no task.
//!
//! Sequences queue for slots. A step prefills up to a chunk of prompt tokens and decodes one token
//! of every sequence whose prompt is done; it costs a base, a share for each decoded sequence, and
//! the prefill. A sequence's first token comes at the end of the step that finishes its prompt. So
//! throughput grows with concurrency until the slots are full, and beyond that only the queue does.

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, LogNormal};
use std::collections::VecDeque;

/// What a batch can do. Times in nanoseconds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Capacity {
    /// Sequences decoded together.
    pub slots: u32,
    /// What one prompt token costs.
    pub prefill_token: f64,
    /// Prompt tokens a step at most.
    pub prefill_chunk: u32,
    /// What a step costs whatever the batch.
    pub step_base: f64,
    /// What each decoded sequence adds.
    pub step_sequence: f64,
    /// Sigma of a step's lognormal factor; 0: none.
    pub noise: f64,
}

/// A request on its way through the batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sequence {
    /// Whose it is.
    pub id: u64,
    /// Prompt tokens to prefill.
    pub prompt: u32,
    /// Tokens to decode, for each of its choices.
    pub output: u32,
    /// Choices decoded side by side, a slot each.
    pub width: u32,
}

/// A token of a sequence, at the end of a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Emitted {
    /// Whose it is.
    pub id: u64,
    /// When the step ended.
    pub at: u64,
    /// Whether it is the sequence's last.
    pub last: bool,
}

/// The running batch and its queue.
#[derive(Debug)]
pub struct Batch {
    capacity: Capacity,
    noise: Option<(LogNormal<f64>, ChaCha8Rng)>,
    running: Vec<Sequence>,
    waiting: VecDeque<Sequence>,
    free: u32,
    step_end: Option<u64>,
}

impl Batch {
    /// An empty batch.
    pub fn new(capacity: Capacity, seed: u64) -> Self {
        let noise = LogNormal::new(0.0, capacity.noise).ok().filter(|_| capacity.noise > 0.0);
        Self {
            capacity,
            noise: noise.map(|noise| (noise, ChaCha8Rng::seed_from_u64(seed))),
            running: Vec::new(),
            waiting: VecDeque::new(),
            free: capacity.slots.max(1),
            step_end: None,
        }
    }

    /// A sequence arrives at `now`. Times given to one batch never go back.
    pub fn arrive(&mut self, now: u64, mut sequence: Sequence) {
        sequence.width = sequence.width.clamp(1, self.capacity.slots.max(1));
        sequence.output = sequence.output.max(1);
        self.waiting.push_back(sequence);
        if self.step_end.is_none() {
            self.begin(now);
        }
    }

    /// A sequence is given up; its slots are free from the next step on.
    pub fn leave(&mut self, id: u64) {
        self.waiting.retain(|sequence| sequence.id != id);
        let free = &mut self.free;
        self.running.retain(|sequence| {
            let stays = sequence.id != id;
            if !stays {
                *free += sequence.width;
            }
            stays
        });
    }

    /// When the step under way ends; none: the batch is idle.
    pub fn due(&self) -> Option<u64> {
        self.step_end
    }

    /// Ends every step that is over by `now`, and hands out its tokens in order.
    pub fn advance(&mut self, now: u64, mut emit: impl FnMut(Emitted)) {
        while self.advance_once(now, &mut emit) {}
    }

    /// Ends one step that is over by `now`; false: there is none.
    pub fn advance_once(&mut self, now: u64, emit: &mut impl FnMut(Emitted)) -> bool {
        let Some(at) = self.step_end.filter(|&end| end <= now) else { return false };
        self.finish(at, emit);
        self.begin(at);
        true
    }

    /// Requests that wait for a slot.
    pub fn queued(&self) -> usize {
        self.waiting.len()
    }

    fn finish(&mut self, at: u64, emit: &mut impl FnMut(Emitted)) {
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

    /// Admits what fits and begins the next step, if there is anything to do.
    fn begin(&mut self, at: u64) {
        while let Some(next) = self.waiting.front().filter(|next| next.width <= self.free) {
            self.free -= next.width;
            self.running.extend(self.waiting.pop_front());
        }
        self.step_end = (!self.running.is_empty()).then(|| at.saturating_add(self.step()));
    }

    /// Does the step's prefill and gives the step's length.
    fn step(&mut self) -> u64 {
        let decoding = |sequence: &&Sequence| sequence.prompt == 0;
        let width: u32 = self.running.iter().filter(decoding).map(|sequence| sequence.width).sum();
        let chunk = self.capacity.prefill_chunk.max(1);
        let mut room = chunk;
        for sequence in &mut self.running {
            let done = sequence.prompt.min(room);
            sequence.prompt -= done;
            room -= done;
        }
        let Capacity { step_base, step_sequence, prefill_token, .. } = self.capacity;
        let length =
            step_base + step_sequence * f64::from(width) + prefill_token * f64::from(chunk - room);
        let factor = self.noise.as_mut().map_or(1.0, |(noise, rng)| noise.sample(rng));
        ((length * factor) as u64).max(1)
    }
}

#[cfg(test)]
mod tests;
