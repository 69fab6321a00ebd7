//! The formulas a second time, written for being checked by eye: straight from the records, in
//! exact fractions, one loop a metric.

use crate::outcome::Outcome;
use crate::reading::Channel;
use crate::record::Record;

/// A number as it is: dividend and divisor.
#[derive(Debug, Clone, Copy)]
pub(super) struct Fraction(pub u128, pub u128);

impl Fraction {
    pub(super) fn float(&self) -> f64 {
        self.0 as f64 / self.1 as f64
    }

    /// The nearest whole number, halves up.
    pub(super) fn nearest(&self) -> u64 {
        let whole = self.0 / self.1;
        let rest = self.0 % self.1;
        (whole + u128::from(rest * 2 >= self.1)) as u64
    }
}

fn whole(value: u64) -> Fraction {
    Fraction(u128::from(value), 1)
}

#[derive(Debug, Default)]
pub(super) struct Expected {
    pub ttft: Vec<Fraction>,
    pub ttft_from_schedule: Vec<Fraction>,
    pub first_answer: Vec<Fraction>,
    pub latency: Vec<Fraction>,
    pub latency_from_schedule: Vec<Fraction>,
    pub tpot: Vec<Fraction>,
    pub itl: Vec<Fraction>,
    pub itl_per_token: Vec<Fraction>,
    pub input_tokens: Vec<Fraction>,
    pub output_tokens: Vec<Fraction>,
    pub output_rate: Vec<Fraction>,
    pub total_rate: Vec<Fraction>,
    pub decode_rate: Vec<Fraction>,
    pub dispatch_delay: Vec<Fraction>,
    pub read_lag: Vec<Fraction>,
}

fn successes(records: &[Record]) -> impl Iterator<Item = &Record> {
    records
        .iter()
        .filter(|record| !record.warmup && record.last_attempt && record.outcome == Outcome::Ok)
}

pub(super) fn metrics(records: &[Record]) -> Expected {
    let mut all = Expected::default();
    for record in records {
        if let (false, 0, Some(sent)) = (record.warmup, record.attempt, record.timeline.sent) {
            all.dispatch_delay.push(whole(sent - record.timeline.scheduled));
        }
    }
    for record in successes(records) {
        of_times(&mut all, record);
        of_frames(&mut all, record);
        of_tokens(&mut all, record);
    }
    all
}

fn of_times(all: &mut Expected, record: &Record) {
    let (scheduled, sent) = (record.timeline.scheduled, record.timeline.sent.unwrap());
    let last = record.frames.last().map_or(record.timeline.end, |frame| frame.at);
    all.latency.push(whole(last - sent));
    all.latency_from_schedule.push(whole(last - scheduled));
    if !record.streamed {
        return;
    }
    if let Some(first) = record.frames.first() {
        all.ttft.push(whole(first.at - sent));
        all.ttft_from_schedule.push(whole(first.at - scheduled));
    }
    for frame in &record.frames {
        if frame.channel != Channel::Reasoning {
            all.first_answer.push(whole(frame.at - sent));
            break;
        }
    }
}

fn of_frames(all: &mut Expected, record: &Record) {
    let frames = &record.frames;
    for (index, frame) in frames.iter().enumerate() {
        let same_read = index > 0 && frame.shared && frames[index - 1].at == frame.at;
        if !same_read {
            all.read_lag.push(whole(frame.user - frame.at));
        }
    }
    if !record.streamed || frames.is_empty() {
        return;
    }
    for index in 1..frames.len() {
        all.itl.push(whole(frames[index].at - frames[index - 1].at));
    }
    if frames[1..].iter().all(|frame| frame.tokens.is_some()) {
        // A frame's tokens share the time since the last frame that had any.
        for index in 1..frames.len() {
            let before = (1..index).rev().find(|&i| frames[i].tokens != Some(0)).unwrap_or(0);
            let gap = frames[index].at - frames[before].at;
            for _ in 0..frames[index].tokens.unwrap() {
                all.itl_per_token
                    .push(Fraction(u128::from(gap), u128::from(frames[index].tokens.unwrap())));
            }
        }
    }
}

fn of_tokens(all: &mut Expected, record: &Record) {
    let sent = record.timeline.sent.unwrap();
    let frames = &record.frames;
    let latency = frames.last().map_or(record.timeline.end, |frame| frame.at) - sent;
    let per_second = |tokens: u32, time: u64| {
        // Millionths of a token a second.
        Fraction(u128::from(tokens) * 1_000_000 * 1_000_000_000, u128::from(time))
    };
    let (input, output) = (record.usage.input_tokens, record.usage.output_tokens);
    all.input_tokens.extend(input.map(|n| whole(u64::from(n))));
    let Some(n) = output else { return };
    all.output_tokens.push(whole(u64::from(n)));
    if latency > 0 {
        all.output_rate.push(per_second(n, latency));
        all.total_rate.extend(input.map(|input| per_second(input + n, latency)));
    }
    if record.streamed && n > 1 && frames.len() > 1 {
        let decoding = frames[frames.len() - 1].at - frames[0].at;
        all.tpot.push(Fraction(u128::from(decoding), u128::from(n - 1)));
        if decoding > 0 {
            all.decode_rate.push(per_second(n - 1, decoding));
        }
    }
}

#[derive(Debug, Default)]
pub(super) struct Totals {
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

pub(super) fn totals(records: &[Record]) -> Totals {
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

pub(super) fn good(records: &[Record], ttft: u64, tpot: u64, open: bool) -> u64 {
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
