//! Records for tests: one at a time, and at random.

use crate::labels::Labels;
use crate::outcome::{Outcome, Stage};
use crate::reading::{Channel, Usage};
use crate::record::{Record, TokenSource};
use crate::service::Quantity;
use crate::testkit::quantity;
pub(crate) use crate::testkit::{frame, record as reply};
use crate::timeline::{Connect, OutputFrame, Timeline};
use proptest::prelude::*;

/// A request that failed at `end`, sent at `sent` if it was.
pub(crate) fn failed(outcome: Outcome, sent: Option<u64>, end: u64) -> Record {
    let mut record = reply(sent.unwrap_or(end), &[]);
    record.timeline.sent = sent;
    record.timeline.end = end;
    record.outcome = outcome;
    record.usage = Usage::default();
    record.output_source = TokenSource::None;
    record
}

/// Up to 40 records of every kind, with ties in time.
pub(crate) fn records() -> impl Strategy<Value = Vec<Record>> {
    prop::collection::vec(any_record(), 0..40)
}

fn any_record() -> impl Strategy<Value = Record> {
    let times = (0_u64..200, 0_u64..4, frames(), 0_u64..3);
    let tokens = (prop::option::of(0_u32..300), prop::option::of(0_u32..70));
    let flags = (any::<bool>(), 0_u32..2, any::<bool>(), prop::bool::weighted(0.1));
    let rest = (outcome(), prop::option::of(connect()), 0_u64..3, labels(), service());
    (times, tokens, flags, rest).prop_map(|(times, tokens, flags, rest)| {
        let (scheduled, dispatch_delay, frames, tail) = times;
        let (streamed, attempt, last_attempt, warmup) = flags;
        let (outcome, connect, connection, labels, service) = rest;
        let scheduled = scheduled * 1_000_000;
        let sent = scheduled + dispatch_delay * 700_000;
        let last = frames.last().map_or(sent, |frame| sent + frame.at);
        let mut record = reply(sent, &[]);
        record.frames = frames;
        record.frames.iter_mut().for_each(|frame| {
            frame.at += sent;
            frame.user += sent;
        });
        record.timeline = Timeline {
            scheduled,
            ready: Some(sent),
            sent: Some(sent),
            connect,
            head: None,
            end: last + tail,
        };
        record.usage =
            Usage { input_tokens: tokens.0, output_tokens: tokens.1, ..Usage::default() };
        (record.streamed, record.attempt, record.warmup) = (streamed, attempt, warmup);
        record.last_attempt = last_attempt || outcome.is_ok();
        record.outcome = outcome;
        (record.labels, record.metrics) = (labels, service);
        record.connection = connection;
        if matches!(outcome, Outcome::Dropped | Outcome::Refused) {
            record.timeline.sent = None;
            record.frames.clear();
            record.error = format!("lost at {scheduled}");
        }
        record
    })
}

/// One label that is always a text, and one that may be a number.
fn labels() -> impl Strategy<Value = Labels> {
    let class = prop::sample::select(vec!["{}", r#"{"class":"chat"}"#, r#"{"class":"code"}"#]);
    let tenant = prop::option::of((0_u32..5, any::<bool>()));
    (class, tenant).prop_map(|(class, tenant)| {
        let mut members: serde_json::Value = serde_json::from_str(class).unwrap();
        if let Some((number, text)) = tenant {
            members["tenant"] =
                if text { number.to_string().into() } else { serde_json::Value::from(number) };
        }
        Labels::parse(&members.to_string()).unwrap()
    })
}

/// Up to two metrics of the service, with ties, and values of every size.
fn service() -> impl Strategy<Value = Vec<Quantity>> {
    let finite = any::<f64>().prop_filter("finite", |value| value.is_finite());
    let queue_time = prop::option::of(prop_oneof![(0_u8..5).prop_map(f64::from), finite]);
    (queue_time, prop::option::of(0.0..30.0)).prop_map(|(queue_time, audio)| {
        let queue_time = queue_time.map(|value| quantity("queue_time", value));
        queue_time.into_iter().chain(audio.map(|value| quantity("audio", value))).collect()
    })
}

fn outcome() -> impl Strategy<Value = Outcome> {
    prop_oneof![
        8 => Just(Outcome::Ok),
        1 => Just(Outcome::Status(503)),
        1 => Just(Outcome::Truncated),
        1 => Just(Outcome::Timeout(Stage::Read)),
        1 => Just(Outcome::Refused),
        1 => Just(Outcome::Dropped),
        1 => Just(Outcome::Cancelled),
    ]
}

fn connect() -> impl Strategy<Value = Connect> {
    (0_u64..9, prop::option::of(0_u64..9), 0_u64..9, prop::option::of(0_u64..9)).prop_map(
        |(start, dns, tcp, tls)| {
            let resolved = dns.map(|dns| start + dns);
            let connected = resolved.unwrap_or(start) + tcp;
            Connect { start, resolved, connected, tls: tls.map(|tls| connected + tls) }
        },
    )
}

/// Frames at offsets from `sent`; some share a read, some gaps are longer than four bytes hold.
fn frames() -> impl Strategy<Value = Vec<OutputFrame>> {
    let gap = prop_oneof![9 => 0_u64..40_000_000, 1 => Just(5_000_000_000)];
    let channel = prop_oneof![
        2 => Just(Channel::Reasoning),
        3 => Just(Channel::Output),
        1 => Just(Channel::ToolCall)
    ];
    let tokens = prop_oneof![9 => (0_u32..4).prop_map(Some), 1 => Just(None)];
    let one = (gap, 0_u64..2_000_000, channel, tokens, prop::bool::weighted(0.2));
    prop::collection::vec(one, 0..12).prop_map(|all| {
        let mut read = (0, 0);
        all.into_iter()
            .enumerate()
            .map(|(index, (gap, dispatch_delay, channel, tokens, shared))| {
                let shared = shared && index > 0;
                if !shared {
                    read = (read.0 + gap, read.0 + gap + dispatch_delay);
                }
                OutputFrame { at: read.0, user: read.1, tokens, channel, shared }
            })
            .collect()
    })
}
