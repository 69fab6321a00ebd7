//! What the checks look at: the point's results, and what was collected for the checks alone. Where
//! it stops: [`crate::summary`] fills it in.

use crate::Nanos;
use crate::metrics::{Metric, Metrics};
use crate::plan::TimestampSource;
use crate::record::TokenSource;
use crate::sample::{EndReason, Sample};
use crate::totals::{Arrivals, Concurrency, Counts, Frames};
use std::collections::BTreeMap;

/// What the checks look at.
#[derive(Debug, Clone)]
pub(crate) struct Evidence {
    /// How the point ended.
    pub(crate) end_reason: EndReason,
    /// Requests by how they ended.
    pub(crate) counts: Counts,
    /// Slots scheduled and sent.
    pub(crate) arrivals: Arrivals,
    /// Requests in flight over the whole point.
    pub(crate) concurrency: Concurrency,
    /// Mean of the requests in flight over the steady window, where there is one.
    pub(crate) steady_concurrency: Option<f64>,
    /// Distributions over the whole point.
    pub(crate) metrics: Metrics,
    /// Output frames and the reads that brought them.
    pub(crate) frames: Frames,
    /// Successful requests by the source of their output count.
    pub(crate) output_sources: BTreeMap<TokenSource, u64>,
    /// The timestamps that were really available.
    pub(crate) timestamps: TimestampSource,
    /// The engine's samples, folded.
    pub(crate) health: EngineHealth,
    /// What this machine's limits prevented.
    pub(crate) local_limits: LocalLimitCounts,
    /// Successful replies that lack what metrics are made of.
    pub(crate) replies: Replies,
    /// Output tokens by usage and by the tokenizer.
    pub(crate) output: TokenCounts,
    /// Input tokens by usage and by the dataset that made the prompts.
    pub(crate) input: TokenCounts,
    /// Token counts that cannot be true.
    pub(crate) impossible: Impossible,
    /// Metrics over the first and the second half of the steady window.
    pub(crate) halves: Vec<Halves>,
}

/// What limits of this machine prevented.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct LocalLimitCounts {
    /// Attempts that met a limit.
    pub(crate) attempts: u64,
    /// Requests that were never sent because of one.
    pub(crate) unsent: u64,
}

/// Token sums by two counts over the requests that have both.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct TokenCounts {
    /// As the service's usage counts them.
    pub(crate) usage: u64,
    /// As the client counts them.
    pub(crate) client: u64,
}

/// Counts of successful replies that lack what metrics are made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Replies {
    /// Streams of two tokens or more in which no output was found.
    pub(crate) without_text: u64,
    /// Replies with output whose usage counts no token.
    pub(crate) zero_usage: u64,
    /// Streams with output of more than one token, or of an unknown number.
    pub(crate) of_several_tokens: u64,
    /// Of those, the ones whose first and last output came at the same moment.
    pub(crate) one_piece: u64,
    /// Replies that miss an objective on TTFT because they have none.
    pub(crate) without_ttft: u64,
    /// Replies of a single choice that miss an objective on TPOT because they have none.
    pub(crate) without_tpot: u64,
}

/// Counts of successful replies that cannot be true.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Impossible {
    pub(crate) replies: u64,
    pub(crate) output: u64,
    pub(crate) input: u64,
    pub(crate) cached: u64,
    pub(crate) reasoning: u64,
}

/// A metric over the requests sent in each half of the steady window.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Halves {
    pub(crate) metric: Metric,
    pub(crate) first: Moments,
    pub(crate) second: Moments,
}

/// Count, mean and variance of a set of values.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Moments {
    pub(crate) count: u64,
    pub(crate) mean: f64,
    pub(crate) variance: f64,
}

impl Moments {
    pub(crate) fn of(values: impl Iterator<Item = u64>) -> Self {
        // Welford's method: stable for large values that lie close together.
        let (mut count, mut mean, mut squares) = (0_u64, 0.0, 0.0);
        for value in values {
            count += 1;
            let value = value as f64;
            let off = value - mean;
            mean += off / count as f64;
            squares += off * (value - mean);
        }
        Self { count, mean, variance: if count > 1 { squares / (count - 1) as f64 } else { 0.0 } }
    }
}

/// An engine thread that is busy for this share of a second has no room for bursts.
pub(crate) const CPU_BUSY: f64 = 0.95;

/// A pacing timer later than this is late, in nanoseconds.
pub(crate) const TIMER_LATE: Nanos = 1_000_000;

/// The engine's samples, folded.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct EngineHealth {
    pub(crate) samples: u64,
    /// Samples in which a thread was busy for [`CPU_BUSY`] of the time or more.
    pub(crate) busy: u64,
    pub(crate) worst_cpu: f64,
    /// Samples in which the pacing timer was more than [`TIMER_LATE`] late.
    pub(crate) timer_late: u64,
    pub(crate) worst_timer: Nanos,
    pub(crate) starved: u64,
    pub(crate) stalls: u64,
    pub(crate) peak_backlog: u64,
    pub(crate) generate: Nanos,
    pub(crate) format: Nanos,
    pub(crate) clock_steps: u64,
    pub(crate) plugin_restarts: u64,
    pub(crate) inexact_prompts: u64,
    pub(crate) refusal_waits: u64,
    pub(crate) refusal_wait: Nanos,
}

impl EngineHealth {
    /// Folds in a sample.
    pub(crate) fn add(&mut self, sample: &Sample) {
        self.samples += 1;
        self.busy += u64::from(sample.cpu >= CPU_BUSY);
        self.worst_cpu = self.worst_cpu.max(sample.cpu);
        self.timer_late += u64::from(sample.timer_late > TIMER_LATE);
        self.worst_timer = self.worst_timer.max(sample.timer_late);
        self.starved += sample.starved;
        self.stalls += sample.stalls;
        self.peak_backlog = self.peak_backlog.max(sample.backlog);
        self.generate += sample.generate;
        self.format += sample.format;
        self.clock_steps += u64::from(sample.clock_steps);
        self.plugin_restarts += u64::from(sample.plugin_restarts);
        self.inexact_prompts += sample.inexact_prompts;
        self.refusal_waits += sample.refusal_waits;
        self.refusal_wait += sample.refusal_wait;
    }
}
