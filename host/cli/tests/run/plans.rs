//! Reading plans as API plugins give them, against replies shaped as real services shape theirs: what
//! is recorded. The plugin is the fixture `planned`, which reads by the plan of its settings.

use super::scripted::{answering, reply};
use super::wandb_service::Service;
use super::{Place, ends, stderr};
use rusqlite::Connection;
use rusqlite::types::FromSql;
use serde_json::{Value, json};

const PLUGIN: &str =
    concat!(env!("CARGO_MANIFEST_DIR"), "/../../plugins/fixtures/dist/planned.wasm");

/// A run of one request, whose reply was read by a plan.
struct Run {
    place: Place,
}

impl Run {
    /// The request's reply has this content type and body, and is a success.
    fn new(plan: &Value, kind: &str, body: &str) -> Self {
        Self::with(&json!({ "plan": plan, "path": "/v1/any" }), kind, body, 0)
    }

    /// The run ends with this code.
    fn with(settings: &Value, kind: &str, body: &str, code: i32) -> Self {
        let address = answering(reply("200 OK", &format!("content-type: {kind}\r\n"), body));
        let place = Place::new();
        let line = format!(
            "--plugin {PLUGIN} --api planned --url http://{address} --model m --number 1 \
             --parallel 1 --no-test-connection"
        );
        let mut command = place.perf(&line);
        command.args(["--api-args", &settings.to_string()]);
        ends(command, code);
        Self { place }
    }

    /// A column of its record.
    fn column<T: FromSql>(&self, name: &str) -> T {
        let database = Connection::open(self.place.run().join("records.db")).expect("it is there");
        let query = format!("select {name} from request");
        database.query_row(&query, [], |row| row.get(0)).expect("one request")
    }

    /// Outcome, input, output, cached and reasoning tokens.
    fn counts(&self) -> (String, [Option<u32>; 4]) {
        let names = ["input_tokens", "output_tokens", "cached_tokens", "reasoning_tokens"];
        (self.column("outcome"), names.map(|name| self.column(name)))
    }

    /// Frames with output, and the channel of the last.
    fn frames(&self) -> u32 {
        let database = Connection::open(self.place.run().join("records.db")).expect("it is there");
        database.query_row("select sum(count) from frame", [], |row| row.get(0)).expect("frames")
    }
}

fn ok(counts: [Option<u32>; 4]) -> (String, [Option<u32>; 4]) {
    ("ok".into(), counts)
}

#[test]
fn counts_that_add_and_events_by_name() {
    let plan = json!({
        "rules": [
            ["output", "/delta/text", { "/delta/type": "text_delta" }],
            ["reasoning", "/delta/thinking", { "/delta/type": "thinking_delta" }],
            ["count:input", "/message/usage/input_tokens", {}, ["every", "sum"]],
            ["count:input", "/message/usage/cache_read_input_tokens", {}, ["every", "sum"]],
            ["count:input", "/message/usage/cache_creation_input_tokens", {}, ["every", "sum"]],
            ["count:cached", "/message/usage/cache_read_input_tokens"],
            ["count:output", "/usage/output_tokens", { "@event": "message_delta" }],
            ["finish", "/delta/stop_reason"],
            ["end", "/type", { "@event": "message_stop" }],
            ["error", "/error", { "@event": "error" }],
        ],
    });
    let events = [
        (
            "message_start",
            r#"{"type":"message_start","message":{"usage":{"input_tokens":5,"cache_read_input_tokens":18,"cache_creation_input_tokens":2,"output_tokens":1}}}"#,
        ),
        ("ping", r#"{"type":"ping"}"#),
        (
            "content_block_delta",
            r#"{"type":"content_block_delta","delta":{"type":"thinking_delta","thinking":"hm"}}"#,
        ),
        (
            "content_block_delta",
            r#"{"type":"content_block_delta","delta":{"type":"text_delta","text":"Hello"}}"#,
        ),
        (
            "content_block_delta",
            r#"{"type":"content_block_delta","delta":{"type":"text_delta","text":" you"}}"#,
        ),
        (
            "message_delta",
            r#"{"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":9}}"#,
        ),
        ("message_stop", r#"{"type":"message_stop"}"#),
    ];
    let body: String =
        events.iter().map(|(name, data)| format!("event: {name}\ndata: {data}\n\n")).collect();
    let run = Run::new(&plan, "text/event-stream", &body);
    assert_eq!(run.counts(), ok([Some(25), Some(9), Some(18), None]));
    assert_eq!(run.column::<String>("finish_reason"), "end_turn");
    assert_eq!(run.frames(), 3);
}

#[test]
fn elements_of_an_array_and_guards_on_the_same_element() {
    let plan = json!({
        "framing": "json-array",
        "rules": [
            ["output", "/candidates/*/content/parts/*/text", { "/candidates/*/content/parts/*/thought": null }],
            ["reasoning", "/candidates/*/content/parts/*/text", { "/candidates/*/content/parts/*/thought": "true" }],
            ["count:input", "/usageMetadata/promptTokenCount"],
            ["count:output", "/usageMetadata/candidatesTokenCount", {}, ["every", "sum"]],
            ["count:output", "/usageMetadata/thoughtsTokenCount", {}, ["every", "sum"]],
            ["count:reasoning", "/usageMetadata/thoughtsTokenCount"],
            ["finish", "/candidates/*/finishReason"],
        ],
    });
    let body = r#"[{"candidates":[{"content":{"parts":[{"text":"let me see","thought":true}]}}],"usageMetadata":{"promptTokenCount":4}},
{"candidates":[{"content":{"parts":[{"text":"Sea"},{"text":"hm","thought":true}]}}]}
,
{"candidates":[{"content":{"parts":[{"text":" and sky"}]},"finishReason":"STOP"}],"usageMetadata":{"promptTokenCount":4,"candidatesTokenCount":7,"thoughtsTokenCount":3}}]"#;
    let run = Run::new(&plan, "application/json", body);
    assert_eq!(run.counts(), ok([Some(4), Some(10), None, Some(3)]));
    assert_eq!((run.column::<String>("finish_reason"), run.frames()), ("STOP".into(), 3));
}

#[test]
fn cumulative_texts_and_counts() {
    let plan = json!({
        "rules": [
            ["output", "/output/text", {}, ["so-far"]],
            ["tokens", "/usage/output_tokens", {}, ["so-far"]],
            ["count:output", "/usage/output_tokens", {}, ["largest"]],
        ],
    });
    let event = |text: &str, tokens: u32| {
        let data = json!({ "output": { "text": text }, "usage": { "output_tokens": tokens } });
        format!("data: {data}\n\n")
    };
    let body =
        [event("The", 1), event("The", 1), event("The sea", 3), event("The sea.", 2)].concat();
    let run = Run::new(&plan, "text/event-stream", &body);
    assert_eq!(run.counts(), ok([None, Some(3), None, None]));
    // The second event says nothing new.
    assert_eq!(run.frames(), 3);
}

#[test]
fn one_token_a_frame() {
    let plan = json!({
        "rules": [
            ["output", "/token/text", { "/token/special": "false" }],
            ["tokens", "/token/id", {}, ["one-each"]],
            ["finish", "/details/finish_reason"],
        ],
    });
    let tokens = [(1, " a", false), (2, " b", false), (3, "</s>", true)];
    let body: String = tokens
        .iter()
        .map(|(id, text, special)| {
            let data = json!({ "token": { "id": id, "text": text, "special": special } });
            format!("data: {data}\n\n")
        })
        .chain(["data: {\"details\":{\"finish_reason\":\"eos_token\"}}\n\n".into()])
        .collect();
    let run = Run::new(&plan, "text/event-stream", &body);
    assert_eq!(run.counts(), ok([None, Some(3), None, None]));
    assert_eq!((run.column::<String>("output_source"), run.frames()), ("frames".into(), 2));
}

#[test]
fn replies_without_text_are_output() {
    let plan = json!({
        "rules": [["result", "/data/*/embedding"], ["count:input", "/usage/prompt_tokens"]],
    });
    let body =
        r#"{"data":[{"embedding":[0.1,0.2]},{"embedding":[0.3,0.4]}],"usage":{"prompt_tokens":6}}"#;
    let run = Run::new(&plan, "application/json", body);
    assert_eq!(run.counts(), ok([Some(6), None, None, None]));
    assert_eq!(run.frames(), 1);
    let empty = Run::with(
        &json!({ "plan": plan, "path": "/v1/any" }),
        "application/json",
        r#"{"data":[]}"#,
        1,
    );
    assert_eq!(empty.column::<String>("outcome"), "empty");
}

#[test]
fn payloads_that_are_not_json() {
    let lines =
        json!({ "framing": "lines", "payload": "text", "done": ["."], "rules": [["output", ""]] });
    let run = Run::new(&lines, "text/plain", "The sea\n\nand the sky\n.\n");
    assert_eq!((run.counts(), run.frames()), (ok([None; 4]), 2));
    let opaque = json!({ "framing": "whole", "payload": "opaque", "rules": [] });
    let run = Run::new(&opaque, "audio/wav", "RIFF\u{1}\u{2}");
    assert_eq!((run.counts(), run.frames()), (ok([None; 4]), 1));
    assert_eq!(run.column::<u32>("bytes_received"), 6);
}

#[test]
fn a_line_that_is_not_json_spoils_no_reply_that_ended() {
    let plan = json!({ "done": ["[DONE]"], "rules": [["output", "/text"]] });
    let body = "data: {\"text\":\"a\"}\n\ndata: keep-alive\n\ndata: [DONE]\n\n";
    let run = Run::new(&plan, "text/event-stream", body);
    assert_eq!(run.column::<String>("outcome"), "ok");
}

#[test]
fn what_a_service_reports_of_itself_is_a_metric() {
    let plan = json!({
        "rules": [["output", "/text"], ["metric:queue_time", "/timing/queue"]],
    });
    let body = r#"{"text":"a","timing":{"queue":0.125}}"#;
    let run = Run::new(&plan, "application/json", body);
    let metrics: Value = serde_json::from_str(&run.column::<String>("metrics")).expect("an object");
    assert_eq!(metrics, json!({ "queue_time": 0.125 }));
    let point = std::fs::read_dir(run.place.run()).expect("the run's folder");
    let point = point.flatten().find(|entry| entry.path().is_dir()).expect("a point");
    let name = point.file_name().into_string().expect("text");
    let shown = &run.place.summary(&name)["loadwright"]["metrics"]["metric:queue_time"];
    assert_eq!((&shown["unit"], &shown["50%"]), (&json!("s"), &json!(0.125)), "{shown}");
    // Exporters have it in their rows, under its key.
    let service = Service::start();
    let mut export = run.place.loadwright("export run --exporter wandb");
    export.env("HOME", run.place.path()).env("WANDB_BASE_URL", service.url());
    export.env("WANDB_API_KEY", "0123456789".repeat(4));
    ends(export, 0);
    let kept = service.kept();
    let sent = kept.runs.values().next().expect("a run");
    let values: Vec<f64> =
        sent.history.iter().filter_map(|line| line["metric:queue_time"].as_f64()).collect();
    assert_eq!(values, [0.125], "{:?}", sent.history);
}

#[test]
fn a_metric_that_is_not_declared_is_refused_by_name() {
    for (rule, wanted) in [
        (json!(["metric:speed", "/speed"]), "speed"),
        (json!(["count:words", "/words"]), "words"),
        (json!(["outptu", "/text"]), "outptu"),
        (json!(["output", "/text", {}, ["newest"]]), "newest"),
    ] {
        let place = Place::new();
        let settings = json!({ "plan": { "rules": [rule] } });
        let line = format!(
            "--plugin {PLUGIN} --api planned --url http://127.0.0.1:9 --model m --number 1"
        );
        let mut command = place.perf(&line);
        command.args(["--api-args", &settings.to_string()]);
        let output = command.output().expect("it runs");
        let said = stderr(&output);
        assert!(!output.status.success() && said.contains("`planned`"), "{said}");
        assert!(said.contains(wanted) && said.contains("plan"), "{said}");
    }
}

#[test]
fn a_plugin_without_a_plan_decodes_frames_with_the_names_of_their_events() {
    let body = "event: one\ndata: 12\n\ndata: 3\n\n";
    let run = Run::with(&json!({}), "text/event-stream", body, 0);
    assert_eq!(run.counts(), ok([None, Some(3), None, None]));
    assert_eq!(run.frames(), 2);
    let metrics: Value = serde_json::from_str(&run.column::<String>("metrics")).expect("an object");
    assert_eq!(metrics, json!({ "audio": 2.0 }));
}
