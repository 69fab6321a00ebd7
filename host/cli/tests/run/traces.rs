//! Datasets that say when their conversations are sent, and in which order their turns are: `told`, a
//! fixture whose settings spell its conversations.

use crate::{Place, code, ends, stderr};
use loadwright_sim::{Config, Model, Served, Server};
use serde_json::{Value, json};
use std::process::Command;

fn server() -> Server {
    let config = Config { model: Model::Unpaced, keep_bodies: true, ..Config::default() };
    Server::start(config).expect("it starts")
}

/// `perf` with the dataset `told` of these settings.
fn told(place: &Place, url: &str, settings: &Value, line: &str) -> Command {
    let plugin = concat!(env!("CARGO_MANIFEST_DIR"), "/../../plugins/fixtures/dist/told.wasm");
    let line = format!(
        "perf --outputs-dir . --no-timestamp --name run --model m --url {url}/v1/chat/completions \
         --max-tokens 3 --plugin {plugin} --dataset told {line}"
    );
    let mut command = place.loadwright(&line);
    command.arg("--dataset-args").arg(settings.to_string());
    command
}

/// A timed dataset of single turns, at these seconds.
fn timed(times: &[f64]) -> Value {
    let item = |at: &f64| json!({"scheduled": at, "turns": [{"text": format!("at {at}")}]});
    json!({"timed": true, "conversations": times.iter().map(item).collect::<Vec<_>>()})
}

const TIMES: [f64; 6] = [0.05, 0.05, 0.1, 0.15, 0.3, 0.3];

fn body(served: &Served) -> Value {
    serde_json::from_slice(served.body.as_ref().expect("it is kept")).expect("it is JSON")
}

/// What the server received, in the order of the request ids, and the connection test first.
fn received(server: &Server) -> Vec<(String, Value)> {
    let served = server.truth();
    let mut all: Vec<_> = served.iter().map(|it| (it.request_id.clone(), body(it))).collect();
    all.sort_by_key(|(id, _)| (id != "lw-probe", id.clone()));
    all
}

#[test]
fn a_trace_is_sent_at_its_times_and_ends_the_point() {
    let (place, server) = (Place::new(), server());
    let output = ends(told(&place, &server.url(), &timed(&TIMES), ""), 0);
    assert!(stderr(&output).contains("the dataset told is timed"), "{}", stderr(&output));
    assert!(!stderr(&output).contains("starts over"), "{}", stderr(&output));
    let received = received(&server);
    let ids: Vec<&str> = received.iter().map(|(id, _)| id.as_str()).collect();
    let slots =
        ["lw-0-0-0-0", "lw-0-1-0-0", "lw-0-2-0-0", "lw-0-3-0-0", "lw-0-4-0-0", "lw-0-5-0-0"];
    assert_eq!(ids, [&["lw-probe"][..], &slots].concat());
    // The connection test asked the item that the run reaches last, for one token.
    let (asked, sent) = (&received[0].1, &received[6].1);
    assert_eq!((&asked["messages"], &asked["max_tokens"]), (&sent["messages"], &json!(1)));
    let summary = place.summary("trace");
    assert_eq!((&summary["Total Requests"], &summary["Concurrency"]), (&json!(6), &json!(-1)));
    // Five gaps in a quarter of a second.
    let arrivals = &summary["loadwright"]["arrivals"];
    let rates: Vec<f64> = arrivals
        .as_object()
        .expect("an object")
        .iter()
        .filter(|(name, _)| name.contains("scheduled"))
        .filter_map(|(_, rate)| rate.as_f64())
        .collect();
    assert_eq!(rates, [20.0], "{arrivals}");
    let stored = place.json("trace", "benchmark_args.json");
    let load = ["parallel", "rate", "number", "arrival"].map(|name| stored[name].clone());
    assert_eq!(load, [json!(null), json!(null), json!(null), json!("trace")]);
}

#[test]
fn a_number_limits_a_trace_and_the_next_point_goes_on() {
    let (place, server) = (Place::new(), server());
    let line = "--no-test-connection --number 2 3 --sleep-interval 0 --open-loop --max-in-flight 8";
    ends(told(&place, &server.url(), &timed(&TIMES), line), 0);
    let sent: Vec<Value> = received(&server)
        .into_iter()
        .map(|(_, body)| body["messages"][0]["content"].clone())
        .collect();
    let text = |value: &Value| match value {
        Value::Array(parts) => parts[0]["text"].as_str().unwrap_or_default().to_owned(),
        other => other.as_str().unwrap_or_default().to_owned(),
    };
    let sent: Vec<String> = sent.iter().map(text).collect();
    assert_eq!(sent, ["at 0.05", "at 0.05", "at 0.1", "at 0.15", "at 0.3"]);
    assert_eq!(place.summary("trace_number_3")["Total Requests"], 3);
}

#[test]
fn flags_that_contradict_a_trace_are_refused_before_anything_is_sent() {
    let (place, server) = (Place::new(), server());
    let line = "--rate 5 --arrival constant --parallel 2 --ramp-up 1";
    let output = ends(told(&place, &server.url(), &timed(&TIMES), line), 2);
    let said = stderr(&output);
    for flag in ["rate", "arrival", "parallel", "ramp-up"] {
        let wanted = format!("--{flag}: contradicts the dataset told, which is timed");
        assert!(said.contains(&wanted), "{said}");
    }
    assert!(!place.run().exists(), "the folder is removed again");
    let beyond = ends(told(&place, &server.url(), &timed(&TIMES), "--dataset-offset 6"), 2);
    let wanted = "--dataset-offset: the timed dataset told ends before item 6";
    assert!(stderr(&beyond).contains(wanted), "{}", stderr(&beyond));
    // One that is not timed needs a rate, as always.
    let untimed = json!({"conversations": [{"turns": [{"text": "a"}]}]});
    let output = ends(told(&place, &server.url(), &untimed, "--open-loop"), 2);
    assert!(stderr(&output).contains("--open-loop: needs --rate"), "{}", stderr(&output));
    assert_eq!(server.counts().received, 0);
}

#[test]
fn an_item_whose_time_falls_fails_alone() {
    let (place, server) = (Place::new(), server());
    let output =
        told(&place, &server.url(), &timed(&[0.2, 0.1, 0.3]), "").output().expect("it runs");
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    let failures = &place.summary("trace")["loadwright"]["failures"];
    let text = "item 1 is scheduled at 0.1 s, before an earlier item at 0.2 s";
    assert!(failures.to_string().contains(text), "{failures}");
    assert_eq!(place.summary("trace")["Success Requests"], 2);
}

#[test]
fn turns_repeat_what_they_follow_with_recorded_replies_and_members_of_their_own() {
    let (place, server) = (Place::new(), server());
    let turns = json!([
        {"text": "plan", "reply": "a plan", "extra": {"tools": [7]}},
        {"text": "left", "after": [0], "reply": "from the left"},
        {"text": "right", "after": [0], "reply": "from the right", "scheduled": 0.02},
        {"text": "sum", "after": [1, 2], "pause": 0.01}
    ]);
    let settings = json!({"conversations": [{"id": "talk", "turns": turns}]});
    ends(told(&place, &server.url(), &settings, "--no-test-connection --number 1"), 0);
    let received = received(&server);
    let ids: Vec<&str> = received.iter().map(|(id, _)| id.as_str()).collect();
    assert_eq!(ids, ["lw-0-0-0-0", "lw-0-0-1-0", "lw-0-0-2-0", "lw-0-0-3-0"]);
    assert_eq!(received[0].1["tools"], json!([7]));
    assert_eq!(received[3].1["tools"], json!(null));
    let said = |number: usize| received[number].1["messages"].to_string();
    let order = ["plan", "a plan", "left", "from the left", "right", "from the right", "sum"];
    let mut rest = said(3);
    for text in order {
        let at = rest.find(&format!("\"{text}\"")).unwrap_or_else(|| panic!("{text} in {rest}"));
        rest.drain(..at);
    }
    assert!(!said(2).contains("left") && !said(1).contains("right"), "branches do not mix");
}

#[test]
fn a_part_that_names_media_that_are_not_there_is_the_datasets_error() {
    let (place, server) = (Place::new(), server());
    let turns = json!([{"text": "look", "media": ["iVBORw0KGgo="], "media_index": 7}]);
    let settings = json!({"conversations": [{"turns": turns}]});
    let output = told(&place, &server.url(), &settings, "--number 1").output().expect("it runs");
    let said = stderr(&output);
    assert_eq!(code(&output), 3, "{said}");
    assert!(
        said.contains("plugin `told` failed in generate") && said.contains("media 7"),
        "{said}"
    );
    assert_eq!(server.counts().received, 0);
    let turns = json!([{"text": "look", "media": ["iVBORw0KGgo="]}]);
    let settings = json!({"conversations": [{"turns": turns}]});
    ends(told(&place, &server.url(), &settings, "--number 1"), 0);
    for (id, body) in received(&server) {
        assert!(body.to_string().contains("base64,iVBORw0KGgo="), "{id} carries the image: {body}");
    }
}

#[test]
fn a_whole_body_is_sent_as_it_is_and_repeated_by_no_turn() {
    let (place, server) = (Place::new(), server());
    let body = json!({"messages": [{"role": "user", "content": "as recorded"}], "max_tokens": 2});
    let settings = json!({"conversations": [
        {"turns": [{"body": body}, {"text": "and then?"}]},
        {"turns": [{"body": body}, {"body": body}]}
    ]});
    let line = "--no-test-connection --number 2";
    ends(told(&place, &server.url(), &settings, line), 0);
    let received = received(&server);
    let ids: Vec<&str> = received.iter().map(|(id, _)| id.as_str()).collect();
    assert_eq!(ids, ["lw-0-1-0-0", "lw-0-1-1-0"]);
    let failures = place.summary("parallel_1_number_2")["loadwright"]["failures"].to_string();
    let text = "turn 1 repeats turn 0, which is a whole recorded body";
    assert!(failures.contains(text) && failures.contains("`told`"), "{failures}");
}
