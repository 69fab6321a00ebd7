//! The host's reader of reading plans against what the bundled API plugin's own `decode` makes of the
//! same exchange: two implementations of one plan, over random frames of a small vocabulary.

use loadwright_core::ports::Api;
use loadwright_core::reading::{Exchange, ReadingPlan, Reply, Usage};
use loadwright_core::stop::StopFlag;
use loadwright_engine::reading::{Output, Reader, Reading};
use loadwright_wasm::{Host, HostConfig, Plugin, Source};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Map, Value, json};
use std::cell::RefCell;
use std::sync::Arc;
use std::time::Duration;

/// The plan and an instance of the plugin `openai` for an endpoint.
fn plugin(endpoint: &str) -> (ReadingPlan, Box<dyn Api>) {
    let host = Host::new(HostConfig {
        cache_dir: None,
        memory: None,
        output: 64 << 20,
        timeout: Duration::from_secs(60),
        host_time: Duration::from_secs(60),
        seed: 1,
        log: Arc::new(|_, _, _| ()),
        notice: Arc::new(|_: &str| ()),
        stop: StopFlag::default(),
    })
    .expect("components run here");
    let plugin = Plugin::open(&host, Source::Bundled("openai".into())).expect("it is bundled");
    let settings = json!({
        "url": format!("http://localhost{endpoint}"),
        "generation": { "model": "m", "stream": true },
    });
    let factory = plugin.api(&settings).expect("it takes the settings");
    let plan = factory.plan().expect("it has a plan").clone();
    (plan, factory.instance().expect("it starts"))
}

fn text() -> impl Strategy<Value = Value> {
    prop_oneof![
        4 => "[a-c \"\\\\é]{0,3}".prop_map(Value::from),
        1 => Just(Value::Null),
        1 => Just(json!(1)),
    ]
}

fn number() -> impl Strategy<Value = Value> {
    prop::sample::select(vec![
        json!(0),
        json!(3),
        json!(7.0),
        json!(1.5),
        json!(-1),
        json!(5_000_000_000_u64),
        json!("4"),
        Value::Null,
    ])
}

/// An object with some of these members.
fn object(members: Vec<(&'static str, BoxedStrategy<Value>)>) -> BoxedStrategy<Value> {
    let member = |(name, value): (&'static str, BoxedStrategy<Value>)| {
        prop::option::weighted(0.4, value).prop_map(move |value| value.map(|value| (name, value)))
    };
    let members: Vec<_> = members.into_iter().map(member).collect();
    let whole = |members: Vec<Option<(&str, Value)>>| {
        let named = members.into_iter().flatten().map(|(name, value)| (name.to_owned(), value));
        Value::Object(named.collect::<Map<_, _>>())
    };
    members.prop_map(whole).boxed()
}

fn list(element: BoxedStrategy<Value>) -> BoxedStrategy<Value> {
    prop::collection::vec(element, 0..3).prop_map(Value::from).boxed()
}

fn said() -> BoxedStrategy<Value> {
    let function = object(vec![("name", text().boxed()), ("arguments", text().boxed())]);
    object(vec![
        ("content", text().boxed()),
        ("refusal", text().boxed()),
        ("reasoning_content", text().boxed()),
        ("reasoning", text().boxed()),
        ("reasoning_details", list(object(vec![("text", text().boxed())]))),
        ("tool_calls", list(object(vec![("function", function)]))),
    ])
}

fn frame(marks: Vec<String>) -> BoxedStrategy<String> {
    let choice = object(vec![
        ("delta", said()),
        ("message", said()),
        ("text", text().boxed()),
        ("finish_reason", text().boxed()),
        ("token_ids", list(number().boxed())),
        ("logprobs", object(vec![("content", list(Just(json!({})).boxed()))])),
    ]);
    let usage = object(vec![
        ("prompt_tokens", number().boxed()),
        ("completion_tokens", number().boxed()),
        ("prompt_tokens_details", object(vec![("cached_tokens", number().boxed())])),
        ("prompt_cache_hit_tokens", number().boxed()),
        ("completion_tokens_details", object(vec![("reasoning_tokens", number().boxed())])),
    ]);
    let score = object(vec![("score", number().boxed()), ("embedding", list(number().boxed()))]);
    let whole = object(vec![
        ("choices", list(choice)),
        ("usage", usage),
        ("data", list(score.clone())),
        ("results", list(score)),
    ]);
    let error = object(vec![("error", text().boxed()), ("message", text().boxed())]);
    let json = prop_oneof![12 => whole, 1 => error].prop_map(|frame| frame.to_string());
    match marks.is_empty() {
        true => json.boxed(),
        false => prop_oneof![12 => json, 1 => prop::sample::select(marks)].boxed(),
    }
}

/// What both must agree on.
#[derive(Debug, PartialEq)]
struct Read {
    outputs: Vec<Output>,
    texts: [String; 4],
    frame_tokens: Option<u32>,
    usage: Usage,
    metrics: Vec<(String, f64)>,
    finish_reason: Option<String>,
    error: Option<String>,
}

fn read(reply: Reply, frames: usize) -> Read {
    let reading = Reading::from_reply(reply, frames as u32).expect("its pieces name frames");
    Read {
        outputs: reading.outputs,
        texts: [reading.output, reading.reasoning, reading.tool_calls, reading.results],
        frame_tokens: reading.frame_tokens,
        usage: reading.usage,
        metrics: reading.metrics,
        finish_reason: reading.finish_reason,
        error: reading.error,
    }
}

fn agree(endpoint: &str) {
    let (plan, api) = plugin(endpoint);
    let (reader, api) = (Reader::new(&plan).expect("its rules are good"), RefCell::new(api));
    let config = Config { cases: 400, failure_persistence: None, ..Config::default() };
    let frames = prop::collection::vec(frame(plan.done.clone()), 1..6);
    let outcome = TestRunner::new(config).run(&frames, |frames| {
        let mut exchange = Exchange { status: 200, ..Exchange::default() };
        frames.iter().for_each(|frame| exchange.push("", frame.as_bytes()));
        let unnamed = frames.iter().map(|frame| ("", frame.as_bytes()));
        let ours = reader.reply(unnamed).expect("it is JSON");
        let theirs = api.borrow_mut().decode(&[exchange]).remove(0).expect("it decodes");
        prop_assert_eq!(read(ours, frames.len()), read(theirs, frames.len()));
        Ok(())
    });
    outcome.unwrap_or_else(|error| panic!("{endpoint}: {error}"));
}

#[test]
fn chat() {
    agree("/v1/chat/completions");
}

#[test]
fn completions() {
    agree("/v1/completions");
}

#[test]
fn embeddings() {
    agree("/v1/embeddings");
}

#[test]
fn reranking() {
    agree("/v1/rerank");
}
