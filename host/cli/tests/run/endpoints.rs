//! Endpoints of the openai API that generate nothing, and members of single requests: what is sent
//! and what is measured.

use super::scripted::{recording, reply};
use super::{Place, ends};
use serde_json::{Value, json};

/// The file of a fixture.
fn fixture(name: &str) -> String {
    format!("{}/../../plugins/fixtures/dist/{name}.wasm", env!("CARGO_MANIFEST_DIR"))
}

/// Runs three requests with this turn against a server that always answers `body`; what was sent.
fn run(place: &Place, path: &str, turn: &Value, body: &Value, more: &str) -> Vec<Value> {
    let headers = "content-type: application/json\r\n";
    let (address, received) = recording(reply("200 OK", headers, &body.to_string()));
    let settings = json!({"conversations": [{"turns": [turn]}]});
    std::fs::write(place.path().join("told.json"), settings.to_string()).expect("writable");
    let command = place.loadwright(&format!(
        "perf --outputs-dir . --no-timestamp --name run --plugin {} --dataset told \
         --dataset-args @told.json --model m --url http://{address}{path} --no-test-connection \
         -n 3 --parallel 1 {more}",
        fixture("told")
    ));
    ends(command, 0);
    let received = received.lock().expect("the server does not panic");
    received.iter().map(|one| serde_json::from_slice(&one.body).expect("JSON")).collect()
}

fn measured(place: &Place) -> Value {
    let summary = place.summary("parallel_1_number_3");
    json!([summary["Success Requests"], summary["Avg Input Tokens"], summary["Avg Output Tokens"]])
}

#[test]
fn embeddings_are_results() {
    let place = Place::new();
    let turn = json!({"inputs": ["a", "b\""]});
    let body = json!({
        "data": [{"index": 0, "embedding": [0.1, 0.2]}, {"index": 1, "embedding": [0.3, 0.4]}],
        "usage": {"prompt_tokens": 8, "total_tokens": 8},
    });
    let sent = run(&place, "/v1/embeddings", &turn, &body, "");
    assert_eq!(sent, vec![json!({"model": "m", "input": ["a", "b\""]}); 3]);
    assert_eq!(measured(&place), json!([3, 8.0, null]));
}

#[test]
fn rankings_are_results() {
    let place = Place::new();
    let turn = json!({"query": "q", "documents": ["a", "b"]});
    let body = json!({
        "results": [{"index": 1, "relevance_score": 0.9}], "usage": {"total_tokens": 7},
    });
    let line = r#"--extra-args '{"top_n": 1}'"#;
    let sent = run(&place, "/v1/rerank", &turn, &body, line);
    let wanted = json!({"model": "m", "query": "q", "documents": ["a", "b"], "top_n": 1});
    assert_eq!(sent, vec![wanted; 3]);
    assert_eq!(measured(&place), json!([3, 7.0, null]));
}

#[test]
fn members_of_a_request_come_after_flags_and_before_extra_arguments() {
    let place = Place::new();
    let extra = json!({"tools": [{"type": "function"}], "top_p": 0.5, "n": 3, "temperature": null});
    let turn = json!({"text": "hi", "extra": extra});
    let body = json!({
        "choices": [{"index": 0, "message": {"content": "hello"}, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 3, "completion_tokens": 1},
    });
    let line = r#"--no-stream --top-p 0.25 --temperature 1 --extra-args '{"n": 1}'"#;
    let sent = run(&place, "/v1/chat/completions", &turn, &body, line).remove(0);
    let shown = |name: &str| sent.get(name).cloned().unwrap_or_default();
    assert_eq!(
        json!([shown("tools"), shown("top_p"), shown("n"), shown("temperature")]),
        json!([[{"type": "function"}], 0.5, 1, null])
    );
    assert_eq!(shown("messages"), json!([{"role": "user", "content": "hi"}]));
    assert_eq!(measured(&place), json!([3, 3.0, 1.0]));
}
