//! What EvalScope logs after every request, under its keys and in its units: means and rates since
//! the start of the point. What it logs as -1 has no value here. The formulas are those of our
//! `benchmark_summary.json`, where that has the key.

use crate::Nanos;
use crate::export::{self, MetricKind};
use crate::metrics::{Metric, Row as Attempt};
use crate::plan::{Load, Plan};
use crate::record::Record;
use crate::summary::count;
use crate::totals::Counts;

/// A key of EvalScope.
pub(super) struct CompatMetric {
    pub(super) key: &'static str,
    unit: &'static str,
    kind: MetricKind,
    value: fn(&Running) -> Option<f64>,
}

impl CompatMetric {
    /// As exporters are told of it.
    pub(super) fn metric(&self) -> export::Metric {
        let (name, label, unit) = (self.key.into(), self.key.into(), self.unit.into());
        export::Metric { name, label, unit, kind: self.kind }
    }

    /// Its value so far.
    pub(super) fn value(&self, so_far: &Running) -> Option<f64> {
        (self.value)(so_far).filter(|value| value.is_finite())
    }
}

/// A mean in the making.
#[derive(Debug, Clone, Copy, Default)]
struct Mean {
    sum: u128,
    count: u64,
}

impl Mean {
    fn add(&mut self, value: Option<u64>) {
        if let Some(value) = value {
            self.sum += u128::from(value);
            self.count += 1;
        }
    }

    /// The mean in units of `unit`.
    fn over(&self, unit: f64) -> Option<f64> {
        (self.count > 0).then(|| self.sum as f64 / self.count as f64 / unit)
    }
}

/// A point so far.
#[derive(Debug, Default)]
pub(super) struct Running {
    workers: Option<u32>,
    rate: Option<f64>,
    single: bool,
    counts: Counts,
    first_sent: Option<Nanos>,
    last_end: Nanos,
    latency: Mean,
    ttft: Mean,
    tpot: Mean,
    itl: Mean,
    input: Mean,
    output: Mean,
    cached: Mean,
    cached_of: u64,
    /// Positions of turns, from 1.
    turns: Mean,
    /// Whether there was any turn but a first.
    later: bool,
    first_ttft: Mean,
    later_ttft: Mean,
    decoded: Decoded,
}

/// Tokens a frame, over the requests that had more than one.
#[derive(Debug, Default)]
struct Decoded {
    sum: f64,
    count: u64,
}

impl Running {
    /// The point of `plan`.
    pub(super) fn new(plan: &Plan) -> Self {
        let workers = match plan.load {
            Load::Closed { workers, .. } => Some(workers),
            Load::Open { .. } | Load::Trace { .. } => None,
        };
        let rate = plan.load.arrival().map(|arrival| arrival.rate);
        Self { workers, rate, single: plan.request.choices <= 1, ..Self::default() }
    }

    /// Adds a record, which is no warm-up.
    pub(super) fn record(&mut self, record: &Record) {
        count(&mut self.counts, record);
        let attempt = Attempt::of(record, self.single);
        if attempt.is_some() || !record.outcome.is_beside() {
            self.last_end = self.last_end.max(record.timeline.end);
        }
        if let Some(attempt) = attempt {
            self.first_sent = Some(self.first_sent.map_or(attempt.sent, |at| at.min(attempt.sent)));
            if attempt.ok {
                self.success(record, &attempt);
            }
        }
    }

    fn success(&mut self, record: &Record, attempt: &Attempt) {
        let ttft = Metric::Ttft.of(attempt);
        self.latency.add(Metric::Latency.of(attempt));
        self.ttft.add(ttft);
        self.tpot.add(Metric::Tpot.of(attempt));
        self.input.add(Metric::InputTokens.of(attempt));
        self.output.add(Metric::OutputTokens.of(attempt));
        let (gaps, time) = attempt.gaps();
        self.itl.count += gaps;
        self.itl.sum += u128::from(time);
        let usage = &record.usage;
        self.cached.add(usage.cached_tokens.map(u64::from));
        if usage.cached_tokens.is_some() {
            self.cached_of += u64::from(usage.input_tokens.unwrap_or(0));
        }
        self.turns.add(Some(u64::from(record.turn) + 1));
        self.later |= record.turn > 0;
        let by_turn = if record.turn == 0 { &mut self.first_ttft } else { &mut self.later_ttft };
        by_turn.add(ttft);
        self.decoded.add(record, attempt);
    }

    /// `amount` over the duration so far.
    fn a_second(&self, amount: u128) -> Option<f64> {
        let span = self.last_end.saturating_sub(self.first_sent?);
        (span > 0).then(|| amount as f64 * 1e9 / span as f64)
    }

    fn duration(&self) -> Option<f64> {
        self.first_sent.map(|first| self.last_end.saturating_sub(first) as f64 / 1e9)
    }

    /// Mean tokens a frame.
    fn decoded(&self) -> Option<f64> {
        (self.decoded.count > 0).then(|| self.decoded.sum / self.decoded.count as f64)
    }
}

impl Decoded {
    fn add(&mut self, record: &Record, attempt: &Attempt) {
        let (gaps, _) = attempt.gaps();
        let later = record.usage.output_tokens.and_then(|tokens| tokens.checked_sub(1));
        if let Some(later) = later.filter(|&later| gaps > 0 && u64::from(later) > gaps) {
            self.sum += f64::from(later) / gaps as f64;
            self.count += 1;
        }
    }
}

/// Makes a row of the table from each line: key, unit, kind, value.
macro_rules! keys {
    ($($key:literal, $unit:literal, $kind:ident, $value:expr;)+) => {
        /// Every key, in EvalScope's order.
        pub(super) const COMPAT: &[CompatMetric] = &[$(CompatMetric {
            key: $key,
            unit: $unit,
            kind: MetricKind::$kind,
            value: $value,
        }),+];
    };
}

#[rustfmt::skip]
keys! {
    "Test Duration (s)", "s", Duration, Running::duration;
    "Concurrency", "{request}", Gauge, |all| all.workers.map(f64::from);
    "Request Rate (req/s)", "{request}/s", Gauge, |all| all.rate;
    "Total Requests", "{request}", Counter, |all| Some(all.counts.total as f64);
    "Success Requests", "{request}", Counter, |all| Some(all.counts.succeeded as f64);
    "Failed Requests", "{request}", Counter, |all| Some(all.counts.failed as f64);
    "Stream Requests", "{request}", Counter, |all| Some(all.counts.streamed as f64);
    "Non-Stream Requests", "{request}", Counter,
        |all| Some((all.counts.succeeded - all.counts.streamed) as f64);
    "Req Throughput (req/s)", "{request}/s", Rate, |all| all.a_second(all.counts.succeeded.into());
    "Avg Latency (s)", "s", Duration, |all| all.latency.over(1e9);
    "Avg Input Tokens", "{token}", Gauge, |all| all.input.over(1.0);
    "Output Throughput (tok/s)", "{token}/s", Rate,
        |all| (all.output.count > 0).then(|| all.a_second(all.output.sum)).flatten();
    "Total Throughput (tok/s)", "{token}/s", Rate, |all| {
        let both = all.input.count > 0 && all.output.count > 0;
        both.then(|| all.a_second(all.input.sum + all.output.sum)).flatten()
    };
    "Avg TTFT (ms)", "ms", Gauge, |all| all.ttft.over(1e6);
    "Avg TPOT (ms)", "ms", Gauge, |all| all.tpot.over(1e6);
    "Avg ITL (ms)", "ms", Gauge, |all| all.itl.over(1e6);
    "Avg Output Tokens", "{token}", Gauge, |all| all.output.over(1.0);
    // Of embeddings and rankings, which have no output tokens: tokens over the sum of latencies.
    "Input Throughput (tok/s)", "{token}/s", Rate, |all| {
        let input_only = all.output.sum == 0 && all.input.count > 0;
        input_only.then(|| all.input.sum as f64 * 1e9 / all.latency.sum as f64)
    };
    "Avg Turns/Request", "{turn}", Gauge, |all| all.later.then(|| all.turns.over(1.0)).flatten();
    "KV Cache Hit Rate (%)", "%", Gauge,
        |all| (all.cached.count > 0).then(|| 100.0 * all.cached.sum as f64 / all.cached_of as f64);
    "Avg First-Turn TTFT (ms)", "ms", Gauge,
        |all| all.later.then(|| all.first_ttft.over(1e6)).flatten();
    "Avg Subsequent-Turn TTFT (ms)", "ms", Gauge, |all| all.later_ttft.over(1e6);
    "Avg Decoded Tok/Iter", "{token}", Gauge, Running::decoded;
    "Spec. Accept Rate", "1", Ratio, |all| Some((1.0 - 1.0 / all.decoded()?).clamp(0.0, 1.0));
}
