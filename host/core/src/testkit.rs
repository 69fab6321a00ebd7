//! One plan and one record, from which the tests of every crate make theirs, so that a new field
//! has its value for all of them in one place. It asserts nothing.
//!
//! Always compiled: behind a feature of its own, tests would build core, and every crate that uses
//! it, a second time.

use crate::arrival::{Arrival, Process};
use crate::labels::Labels;
use crate::outcome::Outcome;
use crate::plan::{Limits, Load, Plan, PluginVersion, RequestSettings, Target};
use crate::reading::{Channel, Usage};
use crate::record::{Record, TokenSource};
use crate::service::{Quantity, ServiceKind, ServiceMetric};
use crate::timeline::{OutputFrame, Timeline};
use std::time::Duration;

/// Four requests from two workers, in closed loop.
pub fn plan() -> Plan {
    Plan {
        name: "parallel_2_number_4".into(),
        seed: 1,
        target: Target {
            url: "http://127.0.0.1:1/v1/chat/completions".into(),
            ..Target::default()
        },
        request: RequestSettings {
            model: "m".into(),
            dataset: "random".into(),
            ..RequestSettings::default()
        },
        load: workers(2),
        limits: Limits { number: Some(4), ..Limits::default() },
        plugins: vec![plugin("api", "openai", 'a'), plugin("dataset", "random", 'd')],
        ..Plan::default()
    }
}

/// A plugin whose digest is this digit, 64 times.
fn plugin(kind: &str, name: &str, digit: char) -> PluginVersion {
    PluginVersion {
        kind: kind.into(),
        name: name.into(),
        version: "0.1.0".into(),
        sha256: digit.to_string().repeat(64),
    }
}

/// [`plan`] with this many workers.
pub fn closed(count: u32) -> Plan {
    Plan { load: workers(count), ..plan() }
}

/// [`plan`] in open loop, at `rate` requests a second and at most 8 in flight.
pub fn open(rate: f64) -> Plan {
    let arrival = Arrival { rate, process: Process::Poisson };
    Plan { load: Load::Open { arrival, max_in_flight: Some(8) }, ..plan() }
}

/// A closed loop with neither ramp nor pace.
pub fn workers(count: u32) -> Load {
    Load::Closed { workers: count, ramp_up: Duration::ZERO, pace: None }
}

/// A streamed success: scheduled and sent at `sent`, a frame of one token at each of `frames`,
/// ended with the last of them.
pub fn record(sent: u64, frames: &[u64]) -> Record {
    let end = frames.last().copied().unwrap_or(sent + 1);
    Record {
        seq: 0,
        turn: 0,
        attempt: 0,
        last_attempt: true,
        warmup: false,
        conversation: String::new(),
        labels: Labels::default(),
        timeline: Timeline {
            scheduled: sent,
            ready: Some(sent),
            sent: Some(sent),
            connect: None,
            head: None,
            end,
        },
        frames: frames.iter().map(|&at| frame(at)).collect(),
        streamed: true,
        status: Some(200),
        outcome: Outcome::Ok,
        error: String::new(),
        usage: Usage {
            input_tokens: Some(10),
            output_tokens: Some(frames.len() as u32),
            ..Usage::default()
        },
        input_source: TokenSource::Usage,
        output_source: TokenSource::Usage,
        tokenizer_output_tokens: None,
        dataset_input_tokens: None,
        finish_reason: Some("stop".into()),
        metrics: Vec::new(),
        connection: 1,
        reopened: false,
        bytes_sent: 100,
        bytes_received: 1_000,
    }
}

/// A metric that a service tells of itself, in seconds.
pub fn service_metric(name: &str, kind: ServiceKind) -> ServiceMetric {
    ServiceMetric { name: name.into(), unit: "s".into(), kind, label: name.replace('_', " ") }
}

/// What a service told of itself.
pub fn quantity(name: &str, value: f64) -> Quantity {
    Quantity { name: name.into(), value }
}

/// A frame of one output token, read at once.
pub fn frame(at: u64) -> OutputFrame {
    OutputFrame { at, user: at, tokens: Some(1), channel: Channel::Output, shared: false }
}
