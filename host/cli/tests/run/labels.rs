//! Labels of a dataset and metrics of a service, from the plugins to every file of the run: Ollama's API
//! reports durations of its own, and `told` gives the conversations that it is told.

use super::files::made_again;
use super::scripted::{answering_each, reply};
use super::{Place, ends, stderr, stdout};
use serde_json::{Value, json};
use std::process::Command;

/// A server of Ollama's API whose n-th reply, from 0, reports n + 1 ms for loading the model.
fn ollama() -> String {
    let address = answering_each(|number| {
        let lines = [
            json!({"message": {"role": "assistant", "content": "hi"}, "done": false}),
            json!({
                "message": {"role": "assistant", "content": ""}, "done": true, "done_reason": "stop",
                "prompt_eval_count": 3, "eval_count": 1, "load_duration": (number + 1) * 1_000_000,
            }),
        ];
        let body = lines.map(|line| format!("{line}\n")).concat();
        reply("200 OK", "content-type: application/x-ndjson\r\n", &body)
    });
    format!("http://{address}/api/chat")
}

/// A run of one request after the other over `conversations`.
fn perf(place: &Place, conversations: &Value, line: &str) -> Command {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");
    let args = json!({"conversations": conversations});
    std::fs::write(place.path().join("told.json"), args.to_string()).expect("it is written");
    let number = conversations.as_array().expect("a list").len();
    place.loadwright(&format!(
        "perf --outputs-dir . --no-timestamp --name run \
         --plugin {root}/plugins/fixtures/dist/told.wasm \
         --plugin {root}/examples/ollama/ollama.wasm --api ollama --dataset told --dataset-args @told.json --model m --url {} --parallel 1 \
         -n {number} --no-test-connection {line}",
        ollama()
    ))
}

/// Ten conversations of two classes in turn, each of another user; a label of the last is too long.
fn conversations() -> Value {
    let class = |n: usize| match n {
        9 => "x".repeat(129),
        n if n % 2 == 0 => "chat".into(),
        _ => "code".into(),
    };
    let labels = |n| json!({"class": class(n), "user": n.to_string(), "depth": n});
    (0..10).map(|n| json!({"labels": labels(n), "turns": [{"text": "hello"}]})).collect()
}

#[test]
fn labels_and_what_the_service_reports_reach_every_file() {
    let place = Place::new();
    let met = "--fail-if 'metric:load_time p99 > 8000000'";
    let output = ends(perf(&place, &conversations(), met), 5);
    let line = "metric:load_time_p99>8000000 (measured 9000000)";
    assert!(stdout(&output).contains(line), "{}", stdout(&output));

    let summary = place.summary("parallel_1_number_10");
    let ours = &summary["loadwright"];
    let load_time = &ours["metrics"]["metric:load_time"];
    assert_eq!(json!([load_time["unit"], load_time["kind"]]), json!(["ns", "time"]));
    assert_eq!(json!([load_time["values"], load_time["mean"]]), json!([9, 5e6]));
    assert_eq!(json!([load_time["min"], load_time["50%"]]), json!([1e6, 5e6]));
    assert_eq!(json!([load_time["99%"], load_time["max"]]), json!([9e6, 9e6]));
    assert_eq!(ours["metrics"]["metric:eval_time"], Value::Null);
    assert!(ours["steady_window"]["metrics"]["metric:load_time"]["values"].is_number());

    let groups = |label: &str| ours["labels"][label].as_object().expect("groups").clone();
    let requests: Vec<(String, Value)> = groups("class")
        .into_iter()
        .map(|(text, group)| (text, group["succeeded"].clone()))
        .collect();
    assert_eq!(requests, [("chat".into(), json!(5)), ("code".into(), json!(4))]);
    assert_eq!(groups("class")["chat"]["metrics"]["ttft_ms"]["values"], 5);
    assert_eq!(groups("user").len(), 9);
    assert_eq!(ours["labels"].get("depth"), None);
    assert!(stdout(&output).contains("By label class (times in s):"), "{}", stdout(&output));
    assert!(stdout(&output).contains("|     load time (ns)     |"), "{}", stdout(&output));

    // The item with the bad label failed alone, and the dataset is named.
    let failure = &ours["failures"][0];
    assert_eq!(json!([failure["class"], failure["count"]]), json!(["plugin", 1]));
    let said = failure["sample"].as_str().expect("a text");
    assert!(said.contains("plugin `told` failed in generate"), "{said}");
    assert!(said.contains("the label `class` has a text of 129 bytes, the limit is 128"), "{said}");

    // records.db is enough for all of it.
    let before = made_again(&place.run());
    ends(place.loadwright(&format!("report run {met}")), 5);
    assert_eq!(made_again(&place.run()), before);
}

#[test]
fn a_label_of_too_many_texts_is_not_grouped_and_the_report_says_so() {
    let place = Place::new();
    let conversation = |n| json!({"labels": {"user": n}, "turns": [{"text": "hello"}]});
    let users: Value = (0..33).map(|n| conversation(format!("u{n}"))).collect();
    let output = ends(perf(&place, &users, ""), 0);
    let note = "* Not grouped by user: more than 32 texts.";
    assert!(stdout(&output).contains(note), "{}", stdout(&output));
    let labels = &place.summary("parallel_1_number_33")["loadwright"]["labels"];
    assert_eq!(labels, &json!({"user": null}));
}

#[test]
fn a_condition_on_a_metric_that_no_manifest_declares_is_refused_before_the_run() {
    let place = Place::new();
    let line = "--fail-if 'metric:queue_time p99 > 1' --fail-if 'metric:load_time p97 > 1'";
    let said = stderr(&ends(perf(&place, &conversations(), line), 2));
    let declared = "the API plugin `ollama` declares no metric `queue_time`; it declares eval_time, \
                    load_time, prompt_eval_time";
    assert!(said.contains(declared), "{said}");
    assert!(said.contains("`metric:load_time_p97` needs a statistic"), "{said}");
    let openai = "perf --simulate --fail-if 'metric:load_time_p99>1'";
    let said = stderr(&ends(place.loadwright(openai), 2));
    assert!(said.contains("the API plugin `openai` declares no metrics of its service"), "{said}");
}
