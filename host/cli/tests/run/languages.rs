//! Plugins in Python and JavaScript, as their toolchains built them, from the command line to the
//! server and back.

use super::archive::component;
use super::{PATIENCE, Place, code, ends, stderr, stdout};
use loadwright_sim::{Config, Model, Server};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::Command;
use std::sync::{Mutex, PoisonError};

fn server() -> Server {
    let config = Config { model: Model::Unpaced, keep_bodies: true, ..Config::default() };
    Server::start(config).expect("it starts")
}

/// A prebuilt component, compiled: without this, tests that run at once would each compile it.
fn compiled(place: &Place, name: &str) -> PathBuf {
    static COMPILED: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());
    let path = component(&format!("{name}.wasm"));
    let mut compiled = COMPILED.lock().unwrap_or_else(PoisonError::into_inner);
    if compiled.insert(name.to_owned()) {
        ends(place.loadwright(&format!("plugin inspect {}", path.display())), 0);
    }
    path
}

/// `perf` with the API and the dataset of these names, one request after the other.
fn perf(place: &Place, plugins: [&str; 2], line: &str) -> Command {
    let [api, dataset] = plugins;
    let given: String = plugins
        .iter()
        .map(|name| format!(" --plugin {}", compiled(place, name).display()))
        .collect();
    let dataset = dataset.replace("_sm", "_js");
    place.loadwright(&format!(
        "perf --outputs-dir . --no-timestamp --name run --model m --no-test-connection --seed 7 \
         --plugin-timeout 60{given} --api {api} --dataset {dataset} {line}"
    ))
}

/// The bodies that the server got, in order.
fn bodies(server: &Server, count: u64) -> Vec<Value> {
    server.wait_for_ended(count, PATIENCE).expect("they end");
    let body = |body: Option<Vec<u8>>| serde_json::from_slice(&body.expect("kept")).expect("JSON");
    server.truth().into_iter().map(|served| body(served.body)).collect()
}

/// The counts of the summary are those of the server.
fn assert_counts(place: &Place, server: &Server, point: &str) {
    let truth = server.truth();
    let mean = |of: fn(&loadwright_sim::Served) -> u32| {
        truth.iter().map(|served| f64::from(of(served))).sum::<f64>() / truth.len() as f64
    };
    let summary = place.summary(point);
    let near = |name: &str, wanted: f64| {
        let found = summary[name].as_f64().expect("a number");
        assert!((found - wanted).abs() < 1e-3, "{name}: {found}, not {wanted}");
    };
    near("Avg Output Tokens", mean(|served| served.output_tokens));
    near("Avg Input Tokens", mean(|served| served.prompt_tokens));
}

#[test]
fn python_formats_requests_and_reads_replies_by_plan_and_by_decode() {
    let mut sent = Vec::new();
    for reading in ["plan", "decode"] {
        let (place, server) = (Place::new(), server());
        let line = format!(
            r#"--url {} -n 4 --top-p 0.5 --extra-args '{{"top_p": null, "tag": "x"}}'
               --api-args '{{"reading": "{reading}", "system": "Be brief"}}'
               --dataset-args '{{"question": "{{days}} days after {{today:%d %B %Y}}"}}'"#,
            server.url()
        );
        ends(perf(&place, ["chat_py", "days_py"], &line), 0);
        let bodies = bodies(&server, 4);
        for body in &bodies {
            let user = body["messages"][1]["content"].as_str().expect("text");
            let (days, rest) = user.split_once(' ').expect("a number");
            // The date that every plugin is told.
            assert_eq!(rest, "days after 01 January 2026");
            let days: u64 = days.parse().expect("a number");
            let wanted = json!({
                "messages": [
                    { "role": "system", "content": "Be brief" },
                    { "role": "user", "content": user },
                ],
                "model": "m",
                "seed": 7,
                "temperature": 0.0,
                "stream": true,
                "stream_options": { "include_usage": true },
                "max_tokens": 16 + days % 16,
                "user": format!("day-{days}"),
                "tag": "x",
            });
            assert_eq!(*body, wanted);
        }
        let point = "parallel_1_number_4";
        assert_counts(&place, &server, point);
        assert_eq!(place.summary(point)["Success Requests"], 4);
        let log = place.text("benchmark.log");
        let printed = " - plugin days_py - INFO - the question is: {days} days after";
        assert!(log.contains(printed), "{log}");
        sent.push(bodies);
    }
    assert_eq!(sent[0], sent[1], "the same seed makes the same requests");
}

#[test]
fn pythons_own_randomness_follows_the_seed() {
    let run = |line: &str| {
        let (place, server) = (Place::new(), server());
        let line = format!("--url {} {line}", server.url());
        ends(perf(&place, ["chat_py", "days_py"], &line), 0);
        let mut texts: Vec<String> = bodies(&server, 6)
            .iter()
            .map(|body| body["messages"][0]["content"].as_str().expect("text").to_owned())
            .collect();
        // Those in flight together arrive in any order.
        texts.sort();
        texts
    };
    let first = run("-n 6 --parallel 3");
    assert_eq!(first, run("-n 6 --parallel 3"));
    let shape = |text: &str| text.replace(|letter: char| letter.is_ascii_digit(), "");
    assert!(first.iter().all(|text| shape(text) == shape(&first[0])), "one question: {first:?}");
    assert_ne!(first, run("-n 6 --parallel 3 --seed 8"));
}

#[test]
fn pythons_faults_are_values_and_its_exceptions_are_shown() {
    let place = Place::new();
    let refused = |line: &str, wanted_code: i32, wanted: &[&str]| {
        let line = format!("--url http://127.0.0.1:9 -n 2 {line}");
        let output = ends(perf(&place, ["chat_py", "days_py"], &line), wanted_code);
        // The report breaks lines where the terminal's end.
        let said = stdout(&output) + &stderr(&output);
        let said = said.split_whitespace().collect::<Vec<_>>().join(" ");
        for wanted in wanted {
            assert!(said.contains(wanted), "{wanted}: {said}");
        }
    };
    refused(
        r#"--api-args '{"system": " "}' --dataset-args '{"question": "when?"}'"#,
        2,
        &[
            "--api: chat_py: system: is blank; leave it out or give it a text",
            "--dataset: days_py: question: has no {days}, so every prompt would be the same",
        ],
    );
    // Python's traceback goes to standard error; its last lines are in the message.
    refused(
        r#"--dataset-args '{"question": "{days} {today.nope}"}'"#,
        1,
        &[
            "plugin `days_py` failed in generate",
            "in conversation",
            "AttributeError: 'datetime.date' object has no attribute 'nope'",
        ],
    );
}

const ROWS: &str = r#"{"text": "Größe: 😀 \"so\"", "class": "a", "max_tokens": 3}
{"text": "two", "class": "b", "max_tokens": 4, "other": [1]}
{"text": 7}
{"text": "four", "class": "a", "max_tokens": 5}
"#;

#[test]
fn javascript_formats_requests_and_reads_replies_by_plan_and_by_decode() {
    for reading in ["plan", "decode"] {
        let (place, server) = (Place::new(), server());
        std::fs::write(place.path().join("rows.jsonl"), ROWS).expect("writable");
        let line = format!(
            r#"--url {} -n 4 --dataset-path rows.jsonl --max-tokens 9
               --api-args '{{"reading": "{reading}", "suffix": "."}}'"#,
            server.url()
        );
        let said = stdout(&ends(perf(&place, ["completions_js", "lines_js"], &line), 0));
        assert!(said.contains("row 2 has no text"), "{said}");
        let wanted = [("Größe: 😀 \"so\"", 3), ("two", 4), ("four", 5)].map(|(text, most)| {
            json!({
                "prompt": text,
                "model": "m",
                "seed": 7,
                "temperature": 0,
                "suffix": ".",
                "stream": true,
                "stream_options": { "include_usage": true },
                "max_tokens": most,
            })
        });
        assert_eq!(bodies(&server, 3), wanted);
        let point = "parallel_1_number_4";
        assert_counts(&place, &server, point);
        let summary = place.summary(point);
        assert_eq!(summary["Success Requests"], 3);
        assert_eq!(summary["Failed Requests"], 1);
        let log = place.text("benchmark.log");
        let name = format!(" - plugin completions_js - INFO - replies are read by {reading}");
        assert!(log.contains(&name), "{log}");
    }
}

#[test]
fn javascript_finds_a_closed_machine() {
    for probe in ["probe_js", "probe_sm"] {
        let run = |line: &str| {
            let (place, server) = (Place::new(), server());
            let line = format!("--url {} --max-tokens 1 {line}", server.url());
            ends(perf(&place, ["completions_js", probe], &line), 0);
            let log = place.text("benchmark.log");
            // Only SpiderMonkey has a console.
            for stream in ["output", "error"] {
                let wanted = format!(" - plugin probe_js - INFO - to standard {stream}");
                assert_eq!(log.contains(&wanted), probe == "probe_sm", "{probe}: {log}");
            }
            let prompt = |body: &Value| {
                let prompt = body["prompt"].as_str().expect("text");
                serde_json::from_str::<Value>(prompt).expect("it is JSON")
            };
            bodies(&server, 4).iter().map(prompt).collect::<Vec<_>>()
        };
        let found = run("-n 4");
        assert!(found.iter().all(|item| item["date"] == "2026-01-01T00:00:00.000Z"), "{found:?}");
        assert_eq!(found, run("-n 4"), "{probe}");
    }
}

#[test]
fn javascripts_exceptions_are_shown() {
    for probe in ["probe_js", "probe_sm"] {
        let (place, server) = (Place::new(), server());
        let line = format!(
            r#"--url {} -n 4 --max-tokens 1 --dataset-args '{{"throw_at": 2}}'"#,
            server.url()
        );
        let output = perf(&place, ["completions_js", probe], &line).output().expect("it runs");
        assert_eq!(code(&output), 0, "{}", stderr(&output));
        let said = stdout(&output) + &stderr(&output) + &place.text("benchmark.log");
        assert!(said.contains("no item 2 today"), "{probe}: {said}");
        assert_eq!(bodies(&server, 3).len(), 3, "the others were sent");
    }
}

#[test]
fn a_core_module_with_wasi_preview_1_is_packed_and_runs() {
    let (place, server) = (Place::new(), server());
    let core = component("words_c.core.wasm");
    let manifest = concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples/c/manifest.json");
    let line = format!("plugin pack {} --manifest {manifest} -o words.wasm", core.display());
    ends(place.loadwright(&line), 0);
    let line = format!(
        "perf --outputs-dir . --no-timestamp --name run --model m --no-test-connection --url {} \
         --plugin words.wasm --dataset words_c --plugin {} --api completions_js -n 3 --max-tokens 1",
        server.url(),
        compiled(&place, "completions_js").display()
    );
    ends(place.loadwright(&line), 0);
    let sent: Vec<Value> =
        bodies(&server, 3).into_iter().map(|mut body| body["prompt"].take()).collect();
    assert_eq!(sent, [3, 4, 5].map(|letters| format!("Name a word of {letters} letters.")));
    let log = place.text("benchmark.log");
    assert!(log.contains(" - plugin words_c - INFO - configured with "), "{log}");
}
