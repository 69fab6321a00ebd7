//! Conversations whose turns follow several others, and recorded replies.

use crate::fakes::FakeDataset;
use crate::rig::{Bench, PATIENCE, Run, closed, fast, faulty, id, plan, start, truth};
use loadwright_core::conversation::{Conversation, Message, Prompt, Turn};
use loadwright_core::outcome::Outcome;
use loadwright_sim::{Config, Fault, Script, Served, Server};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// A dataset of these items.
pub(crate) fn dataset_of(items: Vec<Conversation>) -> FakeDataset {
    let timed = items.iter().any(|item| item.scheduled.is_some());
    let size = Some(items.len() as u32);
    FakeDataset { size, items: Some(items), timed, ..FakeDataset::default() }
}

fn prompt(number: usize) -> String {
    format!("turn {number}")
}

fn turn(number: usize, after: &[u32]) -> Turn {
    let message = Message::text("user", prompt(number));
    Turn { after: after.to_vec(), ..Turn::new(Prompt::Messages(vec![message])) }
}

/// A conversation whose turns follow these.
fn graph(after: &[Vec<u32>]) -> Conversation {
    let turns = after.iter().enumerate().map(|(number, after)| turn(number, after)).collect();
    Conversation { turns, ..Conversation::default() }
}

/// `count` conversations of this graph.
fn bench(server: &Server, after: &[Vec<u32>], count: usize) -> Bench {
    let mut plan = plan(&server.url());
    plan.limits.number = Some(count as u64);
    let dataset = dataset_of(vec![graph(after); count]);
    Bench { dataset, ..Bench::new(plan) }
}

fn keys(run: &Run) -> Vec<(u64, u32)> {
    run.sorted().iter().map(|record| (record.seq, record.turn)).collect()
}

/// Role and content of each message that was sent.
fn messages(served: &Served) -> Vec<(String, String)> {
    let body: Value = serde_json::from_slice(served.body.as_ref().unwrap()).unwrap();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let messages = body["messages"].as_array().unwrap();
    messages.iter().map(|message| (text(&message["role"]), text(&message["content"]))).collect()
}

/// A graph of `count` turns, each of which follows up to three earlier ones.
fn tangled(count: u32, seed: u32) -> Vec<Vec<u32>> {
    let mut state = seed;
    let mut draw = |below: u32| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) % below
    };
    (0..count)
        .map(|turn| match turn {
            0 => Vec::new(),
            _ => (0..draw(4)).map(|_| draw(turn)).collect(),
        })
        .collect()
}

/// What `turn` follows directly.
fn direct(after: &[Vec<u32>], turn: u32) -> BTreeSet<u32> {
    match &after[turn as usize][..] {
        [] => turn.checked_sub(1).into_iter().collect(),
        after => after.iter().copied().collect(),
    }
}

/// All that it follows.
fn all(after: &[Vec<u32>], turn: u32) -> BTreeSet<u32> {
    let before = direct(after, turn);
    before.iter().flat_map(|&earlier| all(after, earlier)).chain(before.iter().copied()).collect()
}

#[test]
fn each_turn_follows_all_that_it_names_and_repeats_what_they_said() {
    for (seed, load, threads) in [(1, closed(1), 1), (2, closed(2), 2), (3, closed(2), 1)] {
        let after = tangled(14, seed);
        let server = start(Config { keep_bodies: true, ..fast() });
        let mut bench = bench(&server, &after, 2);
        (bench.plan.load, bench.plan.engine.threads) = (load, threads);
        let run = bench.run();
        let every: Vec<_> = (0..2).flat_map(|seq| (0..14).map(move |turn| (seq, turn))).collect();
        assert_eq!(keys(&run), every, "each turn is sent once");
        let (served, records) = (truth(&server, 28), run.sorted());
        for record in &records {
            assert!(record.outcome.is_ok());
            let own = &records[record.seq as usize * 14..][..14];
            for earlier in direct(&after, record.turn) {
                let earlier = &own[earlier as usize];
                assert!(record.timeline.scheduled >= earlier.timeline.end);
                assert!(served[&id(0, record)].received >= served[&id(0, earlier)].received);
            }
            let sent = messages(&served[&id(0, record)]);
            let (roles, texts): (Vec<_>, Vec<_>) = sent.into_iter().unzip();
            let prompts = all(&after, record.turn).into_iter().chain([record.turn]);
            let prompts: Vec<String> = prompts.map(|turn| prompt(turn as usize)).collect();
            let user = texts.iter().step_by(2).cloned().collect::<Vec<_>>();
            assert_eq!(user, prompts, "turn {}", record.turn);
            let wanted = ["user", "assistant"].into_iter().cycle().take(roles.len());
            assert!(roles.iter().eq(wanted));
        }
    }
}

#[test]
fn turns_that_do_not_follow_one_another_are_in_flight_together() {
    // The two branches get no reply: both are received, though neither ends.
    let script = Script::requests(1..=2, [Fault::Stall { after: 0, ms: None }]);
    let server = start(Config { script, ..fast() });
    let bench = bench(&server, &[vec![], vec![0], vec![0], vec![1, 2]], 1);
    let run = bench.run_beside(|stop| {
        server.wait_for_requests(3, PATIENCE).expect("both branches are sent");
        stop.abort();
    });
    let outcomes: Vec<_> = run.sorted().iter().map(|it| (it.turn, it.outcome)).collect();
    let cancelled = Outcome::Cancelled;
    assert_eq!(outcomes, [(0, Outcome::Ok), (1, cancelled), (2, cancelled)]);
    let served = server.truth();
    assert_eq!(served.len(), 3);
    assert_ne!(served[1].connection, served[2].connection);
}

#[test]
fn a_failed_turn_ends_those_that_follow_it_alone() {
    let status = Fault::Status { code: 500, retry_after: None, body: None };
    // Whichever branch is received first fails.
    let server = start(Config { script: Script::requests(1..=1, [status]), ..fast() });
    let after = [vec![], vec![0], vec![0], vec![1], vec![2], vec![3, 4]];
    let run = bench(&server, &after, 1).run();
    let failed: Vec<u32> =
        run.records.iter().filter(|it| !it.outcome.is_ok()).map(|it| it.turn).collect();
    let wanted = match failed[..] {
        [1] => vec![(0, 0), (0, 1), (0, 2), (0, 4)],
        [2] => vec![(0, 0), (0, 1), (0, 2), (0, 3)],
        _ => panic!("one branch fails: {failed:?}"),
    };
    assert_eq!(keys(&run), wanted);
}

#[test]
fn a_worker_begins_its_next_slot_once_all_turns_of_one_have_ended() {
    let server = start(fast());
    let run = bench(&server, &[vec![], vec![0], vec![0], vec![0]], 3).run();
    assert_eq!(run.records.len(), 12);
    let records = run.sorted();
    for (before, next) in records.chunks(4).zip(records.chunks(4).skip(1)) {
        let ended = before.iter().map(|record| record.timeline.end).max().unwrap();
        assert!(next[0].timeline.scheduled >= ended);
    }
    // Connections are kept for the turns and slots that follow.
    assert!(server.counts().connections <= 3, "{}", server.counts().connections);
}

#[test]
fn branches_that_pause_end_on_a_stop() {
    let server = start(fast());
    let mut conversation = graph(&[vec![], vec![0], vec![0]]);
    conversation.turns[1].pause = 3_600.0;
    conversation.turns[2].scheduled = Some(3_600.0);
    let mut bench = bench(&server, &[vec![]], 1);
    bench.dataset = dataset_of(vec![conversation]);
    let run = bench.run_beside(|stop| {
        server.wait_for_ended(1, PATIENCE).expect("the first turn");
        stop.drain();
    });
    assert_eq!(keys(&run), [(0, 0)]);
}

#[test]
fn recorded_replies_take_the_place_of_the_real_ones_and_nothing_is_decoded() {
    let server = start(Config { keep_bodies: true, ..fast() });
    let mut conversation = graph(&[vec![], vec![], vec![]]);
    for (number, turn) in conversation.turns.iter_mut().enumerate() {
        turn.reply = Some(Message::text("assistant", format!("recorded {number}")));
    }
    let mut bench = bench(&server, &[vec![]], 1);
    bench.dataset = dataset_of(vec![conversation]);
    bench.api.before_decode = Some(std::sync::Arc::new(|_| Err("nothing needs decoding".into())));
    let run = bench.run();
    assert_eq!(keys(&run), [(0, 0), (0, 1), (0, 2)]);
    assert!(run.records.iter().all(|record| record.outcome.is_ok()));
    let served = truth(&server, 3);
    let last = messages(&served["lw-0-0-2-0"]);
    let said: Vec<&str> = last.iter().map(|(_, text)| text.as_str()).collect();
    assert_eq!(said, ["turn 0", "recorded 0", "turn 1", "recorded 1", "turn 2"]);
}

#[test]
fn a_conversation_that_repeats_a_whole_body_fails_before_anything_is_sent() {
    let server = start(faulty([]));
    let mut conversation = graph(&[vec![], vec![]]);
    conversation.turns[0].prompt = Prompt::Body("{}".into());
    let mut bench = bench(&server, &[vec![]], 1);
    bench.dataset = dataset_of(vec![conversation]);
    let run = bench.run();
    let text = "item 0: turn 1 repeats turn 0, which is a whole recorded body";
    assert!(run.only().error.contains(text), "{}", run.only().error);
    assert_eq!((run.only().outcome, server.counts().received), (Outcome::Plugin, 0));
}

#[test]
fn slot_turn_name_and_extra_members_reach_format() {
    let server = start(Config { keep_bodies: true, ..fast() });
    let mut conversation = graph(&[vec![], vec![]]);
    conversation.id = "talk".into();
    conversation.turns[0].extra = r#"{"tools": [1]}"#.into();
    conversation.turns[1].extra = r#"{"adapter": "b"}"#.into();
    let mut bench = bench(&server, &[vec![]], 2);
    bench.dataset = dataset_of(vec![conversation.clone(), conversation]);
    bench.run();
    let served = truth(&server, 4);
    for (seq, turn, name, value) in [
        (0, 0, "tools", json!([1])),
        (0, 1, "adapter", json!("b")),
        (1, 0, "tools", json!([1])),
        (1, 1, "adapter", json!("b")),
    ] {
        let body = served[&format!("lw-0-{seq}-{turn}-0")].body.as_ref().unwrap();
        let body: Value = serde_json::from_slice(body).unwrap();
        assert_eq!((&body["place"], &body[name]), (&json!([seq, turn, "talk"]), &value));
    }
}
