//! Conversations of several turns, and retries.

use crate::fakes::{FakeDataset, text};
use crate::rig::{Bench, Run, SLACK, closed, fast, faulty, id, ms, plan, start, truth};
use loadwright_core::conversation::Message;
use loadwright_core::outcome::Outcome;
use loadwright_sim::{Config, Fault, Rule, Script, Served, count_words};
use loadwright_sim::{PromptMessage, PromptText};
use serde_json::Value;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

fn conversations(url: &str, turns: u32, pause: f64, number: u64) -> Bench {
    let mut plan = plan(url);
    plan.limits.number = Some(number);
    let dataset = FakeDataset { turns, pause, ..FakeDataset::default() };
    Bench { dataset, ..Bench::new(plan) }
}

fn messages(served: &Served) -> Vec<(String, String)> {
    let body: Value = serde_json::from_slice(served.body.as_ref().unwrap()).unwrap();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let messages = body["messages"].as_array().unwrap();
    messages.iter().map(|message| (text(&message["role"]), text(&message["content"]))).collect()
}

fn keys(run: &Run) -> Vec<(u64, u32, u32)> {
    run.sorted().iter().map(|record| (record.seq, record.turn, record.attempt)).collect()
}

#[test]
fn a_turn_carries_its_history() {
    for threads in [1, 2] {
        let server = start(Config { keep_bodies: true, ..fast() });
        let mut bench = conversations(&server.url(), 3, 0.0, 6);
        (bench.plan.load, bench.plan.engine.threads) = (closed(3), threads);
        let run = bench.run();
        let expected: Vec<_> =
            (0..6).flat_map(|seq| (0..3).map(move |turn| (seq, turn, 0))).collect();
        assert_eq!(keys(&run), expected);
        let served = truth(&server, 18);
        for record in &run.records {
            assert!(record.outcome.is_ok() && record.last_attempt);
            assert_eq!(record.conversation, format!("talk-{}", record.seq));
            let sent = messages(&served[&id(0, record)]);
            assert_eq!(sent.len(), 2 * record.turn as usize + 1);
            for (place, (role, content)) in sent.iter().enumerate() {
                if place % 2 == 0 {
                    let prompt = text(record.seq, place as u32 / 2);
                    assert_eq!((role.as_str(), content), ("user", &prompt));
                } else {
                    // The server's reply, one word per token that it sent.
                    let turn = place / 2;
                    let reply = &served[&format!("lw-0-{}-{turn}-0", record.seq)];
                    assert_eq!(role, "assistant");
                    assert_eq!(count(content), reply.output_tokens);
                }
            }
        }
        // A later turn repeats the messages of the one before.
        for seq in 0..6 {
            let turn = |turn| messages(&served[&format!("lw-0-{seq}-{turn}-0")]);
            assert_eq!(turn(2)[..3], turn(1)[..]);
        }
    }
}

fn count(text: &str) -> u32 {
    let message = PromptMessage { role: String::new(), text: text.into(), images: 0 };
    count_words(&PromptText::Chat(vec![message]))
}

#[test]
fn a_pause_is_kept_before_the_next_turn() {
    let server = start(fast());
    let run = conversations(&server.url(), 3, 0.03, 2).run();
    let (records, served) = (run.sorted(), truth(&server, 6));
    for pair in records.windows(2).filter(|pair| pair[0].seq == pair[1].seq) {
        let paused = served[&id(0, &pair[1])].received + SLACK - pair[0].timeline.end;
        assert!(paused >= 30_000_000, "paused {paused} ns");
        // The next turn is scheduled once the pause is over, and counted from there.
        assert!(pair[1].timeline.scheduled >= pair[0].timeline.end + 30_000_000);
    }
}

#[test]
fn a_failed_turn_ends_its_conversation() {
    let script = Script::requests(1..=1, [status(500)]);
    let server = start(Config { script, ..fast() });
    let run = conversations(&server.url(), 3, 0.0, 2).run();
    assert_eq!(keys(&run), [(0, 0, 0), (0, 1, 0), (1, 0, 0), (1, 1, 0), (1, 2, 0)]);
    let outcomes: Vec<_> = run.sorted().iter().map(|record| record.outcome).collect();
    assert_eq!(outcomes[1], Outcome::Status(500));
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 4);
    truth(&server, 5);
}

fn status(code: u16) -> Fault {
    Fault::Status { code, retry_after: None, body: None }
}

#[test]
fn no_turn_starts_after_a_stop() {
    let server = start(fast());
    // An hour before the second turn: waiting for it would never end.
    let bench = conversations(&server.url(), 2, 3_600.0, 4);
    let run = bench.run_beside(|stop| {
        server.wait_for_ended(1, crate::rig::PATIENCE).expect("a first turn");
        stop.drain();
    });
    assert_eq!(keys(&run), [(0, 0, 0)]);
}

#[test]
fn a_retry_that_succeeds_counts_and_every_attempt_is_a_record() {
    let script = Script(vec![Rule {
        requests: Some(vec![0, 3, 4]),
        faults: vec![status(503)],
        ..Rule::default()
    }]);
    let server = start(Config { script, keep_bodies: true, ..fast() });
    let mut plan = plan(&server.url());
    (plan.request.retries, plan.limits.number) = (2, Some(4));
    let bench = Bench::new(plan);
    let progress = bench.control.progress.clone();
    let run = bench.run();
    let expected = [(0, 0, 0), (0, 0, 1), (1, 0, 0), (2, 0, 0), (2, 0, 1), (2, 0, 2), (3, 0, 0)];
    assert_eq!(keys(&run), expected);
    let last: Vec<_> = run.sorted().iter().map(|record| record.last_attempt).collect();
    assert_eq!(last, [false, true, true, false, false, true, true]);
    for record in &run.records {
        assert_eq!(record.outcome.is_ok(), record.last_attempt, "{}", record.seq);
    }
    assert_eq!((progress.done.load(Relaxed), progress.failed.load(Relaxed)), (4, 0));
    let served = truth(&server, 7);
    assert_eq!(served["lw-0-2-0-0"].body, served["lw-0-2-0-2"].body);
}

#[test]
fn the_last_attempt_counts() {
    let server = start(faulty([status(500)]));
    let mut plan = plan(&server.url());
    (plan.request.retries, plan.limits.number, plan.load) = (2, Some(3), closed(3));
    let bench = Bench::new(plan);
    let progress = bench.control.progress.clone();
    let run = bench.run();
    assert_eq!(run.records.len(), 9);
    for record in &run.records {
        assert_eq!(record.last_attempt, record.attempt == 2);
        assert_eq!(record.outcome, Outcome::Status(500));
    }
    assert_eq!((progress.done.load(Relaxed), progress.failed.load(Relaxed)), (3, 3));
}

#[test]
fn a_turn_is_retried_before_its_conversation_ends() {
    let script = Script::requests(1..=1, [Fault::Cut { after: 1, reset: false }]);
    let server = start(Config { script, ..fast() });
    let mut bench = conversations(&server.url(), 3, 0.0, 1);
    bench.plan.request.retries = 1;
    let run = bench.run();
    assert_eq!(keys(&run), [(0, 0, 0), (0, 1, 0), (0, 1, 1), (0, 2, 0)]);
    assert_eq!(run.sorted()[1].outcome, Outcome::Truncated);
}

/// Each attempt is late by those before it: the user has waited since the slot was scheduled.
#[test]
fn attempts_keep_the_scheduled_time_of_their_turn_and_none_starts_after_the_duration() {
    let server = start(faulty([status(503)]));
    let mut plan = plan(&server.url());
    (plan.request.retries, plan.limits.number, plan.limits.duration) =
        (u32::MAX, Some(1), Some(ms(1_000)));
    let run = Bench::new(plan).run();
    let records = run.sorted();
    let scheduled = records[0].timeline.scheduled;
    for (place, record) in records.iter().enumerate() {
        assert_eq!((record.timeline.scheduled, record.attempt), (scheduled, place as u32));
        assert_eq!(record.last_attempt, place + 1 == records.len());
        assert!(record.timeline.ready.is_none_or(|ready| ready <= scheduled + 1_000_000_000));
    }
    assert!(records.len() >= 2);
}

#[test]
fn without_retries_a_failure_is_final() {
    let server = start(faulty([status(429)]));
    let run = Bench::new(plan(&server.url())).run();
    assert_eq!((run.only().outcome, run.only().last_attempt), (Outcome::Status(429), true));
    truth(&server, 1);
}

#[test]
fn a_later_turn_continues_with_the_message_from_decode() {
    // A reply of more frames than are sent to the interpreter at once.
    let server = start(Config { keep_bodies: true, ..fast() });
    let mut bench = conversations(&server.url(), 2, 0.0, 2);
    let calls = Arc::new(AtomicU64::new(0));
    let counted = Arc::clone(&calls);
    bench.api.tokens = 1_500;
    bench.api.message = Some(|exchange| {
        let extra = format!(r#"{{"tool_calls": [{}]}}"#, exchange.frames.len());
        let kind = exchange.headers.iter().find(|(name, _)| name == "content-type");
        let kind = kind.map_or("none", |(_, value)| value.as_str());
        Message { extra, ..Message::text("assistant", format!("{} {kind}", exchange.status)) }
    });
    bench.api.before_decode = Some(Arc::new(move |exchanges| {
        counted.fetch_add(exchanges, Relaxed);
        Ok(())
    }));
    let run = bench.run();
    assert_eq!(keys(&run), [(0, 0, 0), (0, 1, 0), (1, 0, 0), (1, 1, 0)]);
    assert_eq!(calls.load(Relaxed), 2, "only replies that a turn follows are decoded");
    let served = truth(&server, 4);
    for record in run.sorted().iter().filter(|record| record.turn == 1) {
        let body = served[&id(0, record)].body.as_ref().unwrap();
        let body: Value = serde_json::from_slice(body).unwrap();
        let message = &body["messages"][1];
        assert_eq!(message["role"], "assistant");
        assert_eq!(message["content"], "200 text/event-stream; charset=utf-8");
        // All frames of the reply, including those without output.
        let first = &served[&format!("lw-0-{}-0-0", record.seq)];
        let frames = message["tool_calls"][0].as_u64().unwrap();
        assert!(frames >= first.frames.len() as u64 && first.output_tokens == 1_500, "{frames}");
    }
}

#[test]
fn a_turn_whose_message_cannot_be_decoded_is_a_plugin_failure() {
    let server = start(fast());
    let mut bench = conversations(&server.url(), 3, 0.0, 1);
    bench.api.before_decode = Some(Arc::new(|_| Err("no idea".into())));
    let run = bench.run();
    assert_eq!(keys(&run), [(0, 0, 0), (0, 1, 0)]);
    let records = run.sorted();
    assert!(records[0].outcome.is_ok(), "the reply itself was read by the plan");
    assert_eq!(records[1].outcome, Outcome::Plugin);
    assert!(records[1].error.contains("decode") && records[1].error.contains("no idea"));
    truth(&server, 1);
}
