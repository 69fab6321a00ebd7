//! What a reading plan says of a reply, seen in the records: framing, names of events, results, cumulative
//! texts, the next turn.

use crate::fakes::{FakeApi, FakeDataset, reading};
use crate::raw_server::{Canned, next_request, scripted};
use crate::rig::{Bench, Run, fast, plan_of, start, truth};
use loadwright_core::conversation::Message;
use loadwright_core::outcome::Outcome;
use loadwright_core::reading::{
    Channel, Condition, CountKind, Exchange, Guard, Modes, NextMessage, Payload, PlanFraming,
    ReadingPlan, Rule, RuleKind,
};
use loadwright_core::record::Record;
use loadwright_sim::Config;
use serde_json::Value;
use std::io::Write as _;
use std::sync::mpsc::sync_channel;
use std::sync::{Arc, Mutex};

const OUTPUT: RuleKind = RuleKind::Text(Channel::Output);
const RESULT: RuleKind = RuleKind::Text(Channel::Result);

fn guarded(kind: RuleKind, at: &str, guard: &str, condition: Condition) -> Rule {
    let guard = Guard { at: guard.into(), condition };
    Rule { when: vec![guard], ..Rule::new(kind, at) }
}

fn with_rules(rules: Vec<Rule>) -> ReadingPlan {
    ReadingPlan { rules, ..ReadingPlan::default() }
}

/// Requests to `url`, whose replies are read by `plan`.
fn bench(url: &str, plan: ReadingPlan) -> Bench {
    let api = FakeApi { reading: Some(plan), ..FakeApi::default() };
    Bench { api, ..Bench::new(plan_of(url, 1, 1)) }
}

/// One request, answered with this content type and body.
fn answered(plan: ReadingPlan, content_type: &str, body: &str) -> Run {
    let length = body.len();
    let head = format!("content-type: {content_type}\r\ncontent-length: {length}\r\n");
    bench(&Canned::start(&format!("HTTP/1.1 200 OK\r\n{head}\r\n{body}")).url, plan).run()
}

fn channels(record: &Record) -> Vec<Channel> {
    record.frames.iter().map(|frame| frame.channel).collect()
}

fn gemini() -> ReadingPlan {
    let part = "/candidates/*/content/parts/*";
    let (text, thought) = (format!("{part}/text"), format!("{part}/thought"));
    let rules = vec![
        guarded(OUTPUT, &text, &thought, Condition::Absent),
        guarded(
            RuleKind::Text(Channel::Reasoning),
            &text,
            &thought,
            Condition::Equals("true".into()),
        ),
        Rule::new(RuleKind::Finish, "/candidates/*/finishReason"),
        Rule::new(RuleKind::Count(CountKind::Output), "/usageMetadata/candidatesTokenCount"),
        Rule::new(RuleKind::Error, "/error"),
    ];
    ReadingPlan { framing: PlanFraming::JsonArray, ..with_rules(rules) }
}

/// The next element is sent only once the one before was received as a frame of its own, which its
/// timestamp shows: it is before the server went on.
#[test]
fn elements_of_an_array_have_the_time_of_their_last_byte() {
    let elements = [
        r#"[{"candidates":[{"content":{"parts":[{"text":"Hm","thought":true}]}}]}"#,
        r#", {"candidates":[{"content":{"parts":[{"text":"Hel"}]}}]}"#,
        r#", {"candidates":[{"content":{"parts":[{"text":"lo"}]},"finishReason":"STOP"}],"usageMetadata":{"candidatesTokenCount":3}}"#,
        "]",
    ];
    let (sent, times) = sync_channel(elements.len());
    let url = scripted(move |mut stream, _| {
        next_request(&mut stream).unwrap();
        let length: usize = elements.iter().map(|it| it.len()).sum();
        let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n";
        write!(stream, "{head}content-length: {length}\r\n\r\n").unwrap();
        for element in elements {
            sent.send(loadwright_timing::clock::now()).unwrap();
            stream.write_all(element.as_bytes()).unwrap();
            // A service that takes a while for each token, not a wait for anything.
            std::thread::sleep(std::time::Duration::from_millis(20));
        }
    });
    let run = bench(&url, gemini()).run();
    run.assert_all_ok(1);
    let record = run.only();
    assert!(record.streamed);
    assert_eq!(channels(record), [Channel::Reasoning, Channel::Output, Channel::Output]);
    assert_eq!(record.finish_reason.as_deref(), Some("STOP"));
    assert_eq!(record.usage.output_tokens, Some(3));
    let times: Vec<u64> = times.try_iter().collect();
    for (frame, window) in record.frames.iter().zip(times.windows(2)) {
        assert!(window[0] < frame.user && frame.user < window[1], "{window:?} {}", frame.user);
    }
}

#[test]
fn an_error_in_place_of_an_array_is_read() {
    for body in [r#"[{"error":{"message":"quota"}}]"#, r#"{"error":{"message":"quota"}}"#] {
        let run = answered(gemini(), "application/json", body);
        let record = run.only();
        assert_eq!((record.outcome, &*record.error), (Outcome::StreamError, "quota"), "{body}");
    }
}

#[test]
fn the_plan_is_right_about_the_framing_whatever_the_content_type_is() {
    let plan = |framing| ReadingPlan { framing, ..with_rules(vec![Rule::new(OUTPUT, "/t")]) };
    for (framing, body, frames, streamed) in [
        (PlanFraming::Sse, "data: {\"t\":\"a\"}\n\ndata: {\"t\":\"b\"}\n\n", 2, true),
        (PlanFraming::Lines, "{\"t\":\"a\"}\n{\"t\":\"b\"}\n", 2, true),
        (PlanFraming::JsonArray, "[{\"t\":\"a\"},{\"t\":\"b\"}]", 2, true),
        (PlanFraming::Whole, "{\"t\":\n\"a\"}", 1, false),
    ] {
        for content_type in ["text/plain", "application/json", "application/x-ndjson"] {
            let run = answered(plan(framing), content_type, body);
            run.assert_all_ok(1);
            let record = run.only();
            assert_eq!((record.frames.len(), record.streamed), (frames, streamed), "{framing:?}");
            assert!(run.notices.is_empty(), "{:?}", run.notices);
        }
    }
}

#[test]
fn events_are_told_apart_by_their_names() {
    let named = |name: &str| Condition::Equals(name.into());
    let plan = with_rules(vec![
        guarded(OUTPUT, "/text", "@event", named("delta")),
        guarded(RuleKind::Text(Channel::Reasoning), "/text", "@event", named("thought")),
        guarded(RuleKind::End, "", "@event", named("stop")),
    ]);
    let event =
        |name: &str, text: &str| format!("event: {name}\ndata: {{\"text\":\"{text}\"}}\n\n");
    let body = [("thought", "Hm"), ("ping", "no"), ("delta", "a"), ("delta", "b"), ("stop", "")];
    let body: String = body.iter().map(|(name, text)| event(name, text)).collect();
    let run = answered(plan.clone(), "text/event-stream", &body);
    run.assert_all_ok(1);
    let expected = [Channel::Reasoning, Channel::Output, Channel::Output];
    assert_eq!(channels(run.only()), expected);
    // The end is known, and is not there.
    let cut = answered(plan, "text/event-stream", &event("delta", "a"));
    assert_eq!(cut.only().outcome, Outcome::Truncated);
}

/// `decode` is given the names too.
#[test]
fn a_plugin_that_decodes_is_given_the_names_of_events() {
    let body = "event: first\ndata: {\"choices\":[]}\n\ndata: [DONE]\n\n";
    let server = Canned::start(&format!(
        "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    ));
    static NAMES: Mutex<Vec<String>> = Mutex::new(Vec::new());
    let note = |exchange: &Exchange| {
        let names = exchange.frames.iter().map(|frame| frame.event.clone());
        NAMES.lock().unwrap().extend(names);
        Message::text("assistant", "")
    };
    let api = FakeApi { message: Some(note), ..FakeApi::decoding(1, 0) };
    Bench { api, ..Bench::new(plan_of(&server.url, 1, 1)) }.run();
    assert_eq!(*NAMES.lock().unwrap(), ["first", ""]);
}

#[test]
fn results_are_output_without_a_ttft_of_their_own() {
    let plan = with_rules(vec![
        Rule::new(RESULT, "/data/*/embedding"),
        Rule::new(RuleKind::Count(CountKind::Input), "/usage/prompt_tokens"),
    ]);
    let body = r#"{"data":[{"embedding":[0.1,0.2]}],"usage":{"prompt_tokens":4}}"#;
    let run = answered(plan.clone(), "application/json", body);
    run.assert_all_ok(1);
    let record = run.only();
    assert_eq!((channels(record), record.streamed), (vec![Channel::Result], false));
    assert_eq!((record.usage.input_tokens, record.usage.output_tokens), (Some(4), None));
    assert!(record.frames[0].at >= record.timeline.sent.unwrap());
    let empty = answered(plan, "application/json", r#"{"data":[{"embedding":[]}]}"#);
    assert_eq!(empty.only().outcome, Outcome::Empty);
    // Opaque payloads: every frame is one.
    let opaque = ReadingPlan { payload: Payload::Opaque, ..ReadingPlan::default() };
    let run = answered(opaque, "audio/wav", "RIFF\0\u{1}");
    run.assert_all_ok(1);
    assert_eq!(channels(run.only()), [Channel::Result]);
}

#[test]
fn a_keep_alive_line_does_not_fail_a_reply() {
    let lines =
        |between: &str| format!("{{\"t\":\"a\"}}\n{between}\n{{\"t\":\"b\",\"done\":true}}\n");
    let plan = || {
        let rules = vec![Rule::new(OUTPUT, "/t"), Rule::new(RuleKind::End, "/done")];
        ReadingPlan { framing: PlanFraming::Lines, ..with_rules(rules) }
    };
    for (between, outcome) in
        [(": ping", Outcome::Ok), ("keep-alive", Outcome::Ok), ("{\"t\":\"lo", Outcome::Malformed)]
    {
        let run = answered(plan(), "application/x-ndjson", &lines(between));
        assert_eq!((run.only().outcome, run.only().frames.len()), (outcome, 2), "{between}");
    }
    let endless = answered(plan(), "application/x-ndjson", "{\"t\":\"a\"}\n: ping\n");
    assert_eq!(endless.only().outcome, Outcome::Malformed);
}

#[test]
fn text_so_far_counts_as_output_where_it_grows() {
    let modes = Modes { so_far: true, ..Modes::default() };
    let plan = with_rules(vec![
        Rule { modes, ..Rule::new(OUTPUT, "/text") },
        Rule { modes, ..Rule::new(RuleKind::Tokens, "/n") },
        Rule::new(RuleKind::End, "/done"),
    ]);
    let event = |text: &str, n: u32| format!("data: {{\"text\":\"{text}\",\"n\":{n}}}\n\n");
    let body = event("He", 1) + &event("Hello", 3) + &event("Hello", 3);
    let body = body + "data: {\"text\":\"Hello\",\"n\":3,\"done\":true}\n\n";
    let run = answered(plan, "text/event-stream", &body);
    run.assert_all_ok(1);
    let tokens: Vec<_> = run.only().frames.iter().map(|frame| frame.tokens).collect();
    assert_eq!(tokens, [Some(1), Some(2)]);
    assert_eq!(run.only().usage.output_tokens, Some(3));
}

/// Two conversations of three turns, after which `next` decides.
fn conversations(next: NextMessage) -> (Vec<Vec<String>>, u64) {
    let server = start(Config { keep_bodies: true, ..fast() });
    let (called, calls) = sync_channel(64);
    let called = Mutex::new(called);
    let api = FakeApi {
        reading: Some(ReadingPlan { next, ..reading() }),
        before_decode: Some(Arc::new(move |count| {
            called.lock().unwrap().send(count).map_err(|error| error.to_string())
        })),
        ..FakeApi::default()
    };
    let dataset = FakeDataset { turns: 3, ..FakeDataset::default() };
    let run = Bench { api, dataset, ..Bench::new(plan_of(&server.url(), 1, 2)) }.run();
    assert!(run.records.len() == 6 && run.records.iter().all(|record| record.outcome.is_ok()));
    let served = truth(&server, 6);
    let sent = |seq: u32| {
        let body = served[&format!("lw-0-{seq}-2-0")].body.as_ref().unwrap();
        let body: Value = serde_json::from_slice(body).unwrap();
        let text = |message: &Value| message["content"].as_str().unwrap().to_owned();
        body["messages"].as_array().unwrap().iter().map(text).collect::<Vec<String>>()
    };
    ((0..2).map(sent).collect(), calls.try_iter().sum())
}

#[test]
fn a_conversation_continues_with_the_text_without_a_call_of_decode() {
    let (by_text, calls) = conversations(NextMessage::Text);
    assert_eq!(calls, 0);
    assert!(by_text.iter().all(|messages| messages.len() == 5));
    let (by_decode, calls) = conversations(NextMessage::Decode);
    assert_eq!(calls, 4);
    assert_eq!(by_text, by_decode);
}
