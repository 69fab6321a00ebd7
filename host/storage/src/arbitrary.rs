//! Any record, sample, plan and point end: strategies for property tests. Numbers range over all of
//! their types, strings over all of Unicode.

use loadwright_core::arrival::{Arrival, Process};
use loadwright_core::labels::Labels;
use loadwright_core::outcome::Outcome;
use loadwright_core::plan::{FailurePolicy, Limits, Load, Plan, TimestampSource};
use loadwright_core::reading::{Channel, Usage};
use loadwright_core::record::{Record, TokenSource};
use loadwright_core::sample::{EndReason, PointEnd, Sample};
use loadwright_core::service::{Quantity, ServiceKind, ServiceMetric};
use loadwright_core::testkit;
use loadwright_core::timeline::{Connect, OutputFrame, Timeline};
use loadwright_core::trace::{TraceKey, Traceparent};
use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use serde_json::{Map, Value};
use std::time::Duration;

fn channel() -> impl Strategy<Value = Channel> {
    prop_oneof![
        Just(Channel::Output),
        Just(Channel::Reasoning),
        Just(Channel::ToolCall),
        Just(Channel::Result)
    ]
}

pub(crate) fn frames() -> impl Strategy<Value = Vec<OutputFrame>> {
    let frame = (any::<u64>(), any::<u64>(), any::<Option<u32>>(), channel(), any::<bool>());
    let frame = frame.prop_map(|(at, user, tokens, channel, shared)| OutputFrame {
        at,
        user,
        tokens,
        channel,
        shared,
    });
    vec(frame, 0..40)
}

fn timeline() -> impl Strategy<Value = Timeline> {
    let connect = (any::<u64>(), any::<Option<u64>>(), any::<u64>(), any::<Option<u64>>())
        .prop_map(|(start, resolved, connected, tls)| Connect { start, resolved, connected, tls });
    let stamps = (any::<u64>(), any::<Option<u64>>(), any::<Option<u64>>(), any::<Option<u64>>());
    (stamps, proptest::option::of(connect), any::<u64>()).prop_map(
        |((scheduled, ready, sent, head), connect, end)| Timeline {
            scheduled,
            ready,
            sent,
            connect,
            head,
            end,
        },
    )
}

fn outcome() -> impl Strategy<Value = Outcome> {
    prop_oneof![any::<u16>().prop_map(Outcome::Status), proptest::sample::select(Outcome::FIXED),]
}

fn source() -> impl Strategy<Value = TokenSource> {
    proptest::sample::select(vec![
        TokenSource::None,
        TokenSource::Usage,
        TokenSource::Frames,
        TokenSource::Tokenizer,
        TokenSource::Dataset,
    ])
}

fn usage() -> impl Strategy<Value = Usage> {
    any::<[Option<u32>; 6]>().prop_map(|counts| Usage {
        input_tokens: counts[0],
        output_tokens: counts[1],
        cached_tokens: counts[2],
        reasoning_tokens: counts[3],
        accepted_tokens: counts[4],
        rejected_tokens: counts[5],
    })
}

/// Any labels, their names and texts within the limits.
fn labels() -> impl Strategy<Value = Labels> {
    let number = any::<f64>().prop_filter("JSON", |number| number.is_finite());
    let value = prop_oneof![
        ".{0,32}".prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        number.prop_map(Value::from),
    ];
    vec((".{1,32}", value), 0..5).prop_map(|pairs| {
        let members: Map<String, Value> = pairs.into_iter().collect();
        Labels::parse(&Value::Object(members).to_string()).expect("they are within the limits")
    })
}

/// Any finite numbers, each name once.
fn metrics() -> impl Strategy<Value = Vec<Quantity>> {
    let finite = any::<f64>().prop_filter("finite", |number| number.is_finite());
    btree_map("[a-z_]{1,9}", finite, 0..4).prop_map(|all| {
        all.into_iter().map(|(name, value)| Quantity { name: name.into(), value }).collect()
    })
}

/// Any metrics that a plugin declares.
fn declared() -> impl Strategy<Value = Vec<ServiceMetric>> {
    let kind = proptest::sample::select(ServiceKind::ALL);
    vec((any::<[String; 3]>(), kind), 0..3).prop_map(|all| {
        all.into_iter()
            .map(|([name, unit, label], kind)| ServiceMetric { name, unit, kind, label })
            .collect()
    })
}

fn traceparent() -> impl Strategy<Value = Option<Traceparent>> {
    let any = (any::<[u8; 16]>(), 0.0..=1.0);
    proptest::option::of(any.prop_map(|(key, ratio)| Traceparent { key: TraceKey(key), ratio }))
}

pub(crate) fn record() -> impl Strategy<Value = Record> {
    let ids = (any::<u64>(), any::<u32>(), any::<u32>(), any::<[bool; 4]>());
    let texts = (any::<String>(), any::<String>(), any::<Option<String>>());
    let reply = (any::<Option<u16>>(), outcome(), usage(), source(), source());
    let rest = (any::<[Option<u32>; 2]>(), any::<[u64; 3]>(), labels(), metrics());
    (ids, texts, timeline(), frames(), reply, rest).prop_map(
        |(ids, texts, timeline, frames, reply, rest)| Record {
            seq: ids.0,
            turn: ids.1,
            attempt: ids.2,
            last_attempt: ids.3[0],
            warmup: ids.3[1],
            conversation: texts.0,
            labels: rest.2,
            timeline,
            frames,
            streamed: ids.3[2],
            status: reply.0,
            outcome: reply.1,
            error: texts.1,
            usage: reply.2,
            input_source: reply.3,
            output_source: reply.4,
            tokenizer_output_tokens: rest.0[0],
            dataset_input_tokens: rest.0[1],
            finish_reason: texts.2,
            metrics: rest.3,
            connection: rest.1[0],
            reopened: ids.3[3],
            bytes_sent: rest.1[1],
            bytes_received: rest.1[2],
        },
    )
}

pub(crate) fn sample() -> impl Strategy<Value = Sample> {
    let finite = any::<f64>().prop_filter("NaN equals nothing", |share| !share.is_nan());
    (any::<[u64; 11]>(), any::<[u32; 4]>(), finite).prop_map(|(wide, narrow, cpu)| Sample {
        at: wide[0],
        in_flight: narrow[0],
        ready: narrow[1],
        starved: wide[1],
        backlog: wide[2],
        stalls: wide[3],
        cpu,
        timer_late: wide[4],
        generate: wide[5],
        format: wide[6],
        interpret: wide[7],
        clock_steps: narrow[2],
        plugin_restarts: narrow[3],
        inexact_prompts: wide[8],
        refusal_waits: wide[9],
        refusal_wait: wide[10],
    })
}

pub(crate) fn point_end() -> impl Strategy<Value = PointEnd> {
    let end_reason = proptest::sample::select(vec![
        EndReason::Completed,
        EndReason::Interrupted,
        EndReason::ServerGone,
        EndReason::OutputFailed,
        EndReason::PluginFailed,
    ]);
    (end_reason, any::<u64>(), any::<bool>(), any::<Option<String>>()).prop_map(
        |(end_reason, at, kernel_timestamps, proxy)| PointEnd {
            end_reason,
            at,
            kernel_timestamps,
            proxy,
        },
    )
}

fn arrival() -> impl Strategy<Value = Arrival> {
    let positive = || any::<f64>().prop_filter("a rate", |rate| rate.is_finite() && *rate > 0.0);
    let process = prop_oneof![
        Just(Process::Constant),
        Just(Process::Poisson),
        positive().prop_map(|burstiness| Process::Gamma { burstiness }),
    ];
    (positive(), process).prop_map(|(rate, process)| Arrival { rate, process })
}

fn load() -> impl Strategy<Value = Load> {
    prop_oneof![
        (any::<u32>(), any::<Duration>(), proptest::option::of(arrival()))
            .prop_map(|(workers, ramp_up, pace)| Load::Closed { workers, ramp_up, pace }),
        (arrival(), any::<Option<u32>>())
            .prop_map(|(arrival, max_in_flight)| Load::Open { arrival, max_in_flight }),
        any::<Option<u32>>().prop_map(|max_in_flight| Load::Trace { max_in_flight }),
    ]
}

fn settings() -> impl Strategy<Value = Map<String, Value>> {
    let number = any::<f64>().prop_filter("JSON", |number| number.is_finite());
    let value = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        number.prop_map(Value::from),
        any::<String>().prop_map(Value::from),
        vec(any::<i64>(), 0..3).prop_map(Value::from),
    ];
    vec((any::<String>(), value), 0..8).prop_map(|pairs| pairs.into_iter().collect())
}

/// Any plan of the sweep's point `index`; its headers are empty and its URL has no secret, since
/// those are never stored.
pub(crate) fn plan(index: u32) -> impl Strategy<Value = Plan> {
    let url = "http://[a-z]{1,9}:[0-9]{2,5}/[a-z/é ]{0,12}";
    let target = ((url, any::<String>()), any::<Option<String>>(), any::<[bool; 2]>());
    let limits = (any::<Option<u64>>(), any::<Option<Duration>>(), any::<u64>());
    let names = (any::<[String; 4]>(), declared(), traceparent());
    let numbers = (any::<[u64; 2]>(), any::<u32>(), any::<u16>(), any::<[bool; 3]>());
    let options = (any::<Option<(u32, u32)>>(), any::<[Option<u64>; 3]>(), any::<[Duration; 3]>());
    (target, limits, names, numbers, options, load(), settings()).prop_map(
        move |(target, limits, names, numbers, options, load, settings)| {
            let ([name, model, api, dataset], metrics, traceparent) = names;
            let (url, ca_cert) = target.0;
            let mut plan = testkit::plan();
            (plan.index, plan.name, plan.seed) = (index, name, numbers.0[0]);
            plan.target.url = url;
            plan.target.unix_socket = target.1.map(Into::into);
            plan.target.ca_cert = Some(ca_cert.into());
            [plan.target.http2, plan.target.insecure] = target.2;
            (plan.request.api, plan.request.model, plan.request.dataset) = (api, model, dataset);
            (plan.request.choices, plan.request.retries) = (numbers.1, numbers.1);
            [_, plan.request.stream, plan.request.tokenize_prompt] = numbers.3;
            plan.request.output_range = options.0;
            plan.request.metrics = metrics;
            plan.request.traceparent = traceparent;
            plan.load = load;
            plan.limits = Limits { number: limits.0, duration: limits.1, warmup: limits.2 };
            [plan.timeouts.connect, plan.timeouts.read, plan.timeouts.total] = options.2;
            [plan.objectives.ttft, plan.objectives.tpot, plan.objectives.latency] = options.1;
            plan.engine.threads = numbers.2;
            if numbers.3[0] {
                plan.engine.timestamps = TimestampSource::User;
                plan.engine.on_plugin_failure = FailurePolicy::FailRun;
            }
            [plan.engine.replies.bytes, plan.engine.replies.frames] = numbers.0;
            plan.settings = settings;
            plan
        },
    )
}
