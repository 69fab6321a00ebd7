//! The formulas a second time, written to be checked by eye: straight from the records, in
//! exact fractions, one loop a metric.

use crate::metrics::Metric;
use crate::outcome::Outcome;
use crate::reading::Channel;
use crate::record::Record;

/// A number as it is: dividend and divisor.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Fraction(pub u128, pub u128);

impl Fraction {
    pub(crate) fn float(&self) -> f64 {
        self.0 as f64 / self.1 as f64
    }

    /// The nearest whole number, halves up.
    pub(crate) fn nearest(&self) -> u64 {
        let whole = self.0 / self.1;
        let rest = self.0 % self.1;
        (whole + u128::from(rest * 2 >= self.1)) as u64
    }
}

fn whole(value: u64) -> Fraction {
    Fraction(u128::from(value), 1)
}

fn successes(records: &[Record]) -> impl Iterator<Item = &Record> {
    records
        .iter()
        .filter(|record| !record.warmup && record.last_attempt && record.outcome == Outcome::Ok)
}

/// The values of a distribution; those of a point are in [`totals`].
pub(crate) fn values(metric: Metric, records: &[Record]) -> Vec<Fraction> {
    let each = |values: fn(&Record) -> Vec<Fraction>| successes(records).flat_map(values).collect();
    match metric {
        Metric::Ttft => each(|record| first(record, |_| true, sent(record))),
        Metric::TtftFromSchedule => {
            each(|record| first(record, |_| true, record.timeline.scheduled))
        }
        Metric::FirstAnswer => {
            each(|record| first(record, |channel| channel != Channel::Reasoning, sent(record)))
        }
        Metric::Latency => each(|record| vec![whole(last(record) - sent(record))]),
        Metric::LatencyFromSchedule => {
            each(|record| vec![whole(last(record) - record.timeline.scheduled)])
        }
        Metric::Tpot => each(|record| {
            decoding(record).map(|(time, n)| Fraction(time.into(), n.into())).into_iter().collect()
        }),
        Metric::DecodeRate => each(|record| match decoding(record) {
            Some((time, n)) if time > 0 => vec![per_second(n, time)],
            _ => vec![],
        }),
        Metric::Itl => each(gaps),
        Metric::ItlPerToken => each(gaps_per_token),
        Metric::InputTokens => each(|record| tokens(record.usage.input_tokens)),
        Metric::OutputTokens => each(|record| tokens(record.usage.output_tokens)),
        Metric::OutputRate => each(|record| rate(record, record.usage.output_tokens)),
        Metric::TotalRate => each(|record| {
            let usage = &record.usage;
            rate(record, usage.input_tokens.zip(usage.output_tokens).map(|(i, o)| i + o))
        }),
        Metric::DispatchDelay => records
            .iter()
            .filter(|record| !record.warmup && record.attempt == 0)
            .filter_map(|record| Some(whole(record.timeline.sent? - record.timeline.scheduled)))
            .collect(),
        Metric::ReadLag => each(read_lags),
        Metric::Failed
        | Metric::Dropped
        | Metric::Goodput
        | Metric::RequestThroughput
        | Metric::OutputThroughput
        | Metric::TotalThroughput
        | Metric::Concurrency
        | Metric::SentRate => vec![],
    }
}

fn sent(record: &Record) -> u64 {
    record.timeline.sent.unwrap()
}

fn last(record: &Record) -> u64 {
    record.frames.last().map_or(record.timeline.end, |frame| frame.at)
}

/// From `start` to the first frame of a stream whose channel is `wanted`.
fn first(record: &Record, wanted: fn(Channel) -> bool, start: u64) -> Vec<Fraction> {
    for frame in &record.frames {
        if record.streamed && wanted(frame.channel) {
            return vec![whole(frame.at - start)];
        }
    }
    vec![]
}

/// Time and tokens after the first token.
fn decoding(record: &Record) -> Option<(u64, u32)> {
    let n = record.usage.output_tokens?;
    let frames = &record.frames;
    if !record.streamed || n <= 1 || frames.len() <= 1 {
        return None;
    }
    Some((frames[frames.len() - 1].at - frames[0].at, n - 1))
}

fn gaps(record: &Record) -> Vec<Fraction> {
    let frames = &record.frames;
    if !record.streamed {
        return vec![];
    }
    (1..frames.len()).map(|index| whole(frames[index].at - frames[index - 1].at)).collect()
}

fn gaps_per_token(record: &Record) -> Vec<Fraction> {
    let frames = &record.frames;
    let mut values = vec![];
    let told = frames.iter().skip(1).all(|frame| frame.tokens.is_some());
    if !record.streamed || !told {
        return values;
    }
    // A frame's tokens share the time since the last frame that had any.
    for index in 1..frames.len() {
        let before = (1..index).rev().find(|&i| frames[i].tokens != Some(0)).unwrap_or(0);
        let gap = frames[index].at - frames[before].at;
        let tokens = frames[index].tokens.unwrap();
        for _ in 0..tokens {
            values.push(Fraction(u128::from(gap), u128::from(tokens)));
        }
    }
    values
}

fn read_lags(record: &Record) -> Vec<Fraction> {
    let frames = &record.frames;
    let mut values = vec![];
    for (index, frame) in frames.iter().enumerate() {
        let same_read = index > 0 && frame.shared && frames[index - 1].at == frame.at;
        if !same_read {
            values.push(whole(frame.user - frame.at));
        }
    }
    values
}

fn tokens(tokens: Option<u32>) -> Vec<Fraction> {
    tokens.map(|n| whole(u64::from(n))).into_iter().collect()
}

/// `tokens` over the latency.
fn rate(record: &Record, tokens: Option<u32>) -> Vec<Fraction> {
    let latency = last(record) - sent(record);
    tokens.filter(|_| latency > 0).map(|n| per_second(n, latency)).into_iter().collect()
}

/// Millionths of a token a second.
fn per_second(tokens: u32, time: u64) -> Fraction {
    Fraction(u128::from(tokens) * 1_000_000 * 1_000_000_000, u128::from(time))
}

/// What the service told of the metric `name`, sorted.
pub(super) fn told(name: &str, records: &[Record]) -> Vec<f64> {
    let mut values = vec![];
    for record in successes(records) {
        for quantity in &record.metrics {
            if *quantity.name == *name {
                values.push(quantity.value);
            }
        }
    }
    values.sort_by(|a, b| a.partial_cmp(b).unwrap());
    values
}

/// Records whose label has this text.
pub(super) fn labelled(label: &str, text: &str, records: &[Record]) -> Vec<Record> {
    let json = format!("\"{label}\":\"{text}\"");
    records.iter().filter(|record| record.labels.to_json().contains(&json)).cloned().collect()
}

#[derive(Debug, Default)]
pub(crate) struct Totals {
    pub total: u64,
    pub succeeded: u64,
    pub dropped: u64,
    pub cancelled: u64,
    pub warmup: u64,
    pub retried: u64,
    pub duration: Option<u64>,
    pub input: Option<u64>,
    pub output: Option<u64>,
}

pub(crate) fn totals(records: &[Record]) -> Totals {
    let warmup = records.iter().filter(|record| record.warmup && record.last_attempt).count();
    let mut totals = Totals { warmup: warmup as u64, ..Totals::default() };
    let measured = || records.iter().filter(|record| !record.warmup);
    totals.retried = measured().filter(|record| !record.last_attempt).count() as u64;
    let last = |outcome| {
        measured().filter(|record| record.last_attempt && record.outcome == outcome).count() as u64
    };
    totals.dropped = last(Outcome::Dropped);
    totals.cancelled = last(Outcome::Cancelled);
    totals.succeeded = last(Outcome::Ok);
    totals.total = measured().filter(|record| record.last_attempt).count() as u64
        - totals.dropped
        - totals.cancelled;
    let first = measured().filter_map(|record| record.timeline.sent).min();
    let end = measured()
        .filter(|record| record.timeline.sent.is_some() || !record.outcome.is_beside())
        .map(|record| record.timeline.end)
        .max();
    totals.duration = first.map(|first| end.unwrap() - first);
    let sum = |of: fn(&Record) -> Option<u32>| {
        let told: Vec<u64> = successes(records).filter_map(of).map(u64::from).collect();
        (!told.is_empty()).then(|| told.iter().sum())
    };
    totals.input = sum(|record| record.usage.input_tokens);
    totals.output = sum(|record| record.usage.output_tokens);
    totals
}

pub(crate) fn good(records: &[Record], ttft: u64, tpot: u64, open: bool) -> u64 {
    let mut good = 0;
    for record in successes(records) {
        let from = if open { record.timeline.scheduled } else { record.timeline.sent.unwrap() };
        let n = record.usage.output_tokens;
        let (Some(first), Some(last)) = (record.frames.first(), record.frames.last()) else {
            continue;
        };
        let fast = record.streamed && first.at - from <= ttft;
        let decodes = match n {
            Some(1) => true,
            Some(n) if n > 1 && record.frames.len() > 1 => {
                Fraction(u128::from(last.at - first.at), u128::from(n - 1)).nearest() <= tpot
            }
            _ => false,
        };
        good += u64::from(fast && decodes);
    }
    good
}
