//! What API plugins send of what datasets say: names and numbers of a request, members of its body,
//! texts that stay in the host, keys. The server keeps what it receives.

use super::scripted::{Received, recording, reply};
use super::{Place, ends};
use serde_json::{Value, json};

const FIXTURES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../plugins/fixtures/dist");

/// The requests of a run with the dataset `told` and one worker, in the order in which they came.
fn sent(line: &str, dataset: &Value, api: &Value) -> Vec<Received> {
    let body = r#"{"text":"fine","choices":[{"message":{"content":"fine"}}]}"#;
    let (address, received) =
        recording(reply("200 OK", "content-type: application/json\r\n", body));
    let place = Place::new();
    let mut command = place.loadwright(&format!(
        "perf --outputs-dir . --no-timestamp --name run --model m --parallel 1 \
         --no-test-connection --no-stream --url http://{address} --dataset told \
         --plugin {FIXTURES}/told.wasm --plugin {FIXTURES}/planned.wasm {line}"
    ));
    command.args(["--dataset-args", &dataset.to_string(), "--api-args", &api.to_string()]);
    ends(command, 0);
    std::mem::take(&mut *received.lock().expect("nothing panics with it"))
}

fn json_of(received: &Received) -> Value {
    serde_json::from_slice(&received.body)
        .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&received.body)))
}

/// Longer than what a plugin gets to see, and not as JSON writes it.
fn long(name: &str) -> String {
    format!("{name}: \"quoted\" \\ é😀\n\t{{{{index}}}} ").repeat(40)
}

#[test]
fn names_numbers_and_long_texts_are_filled_in_for_each_request_of_one_shape() {
    let text =
        |name: &str| json!({ "text": long(name), "reply": long(&format!("reply to {name}")) });
    let conversation = |id: &str| json!({ "id": id, "turns": [text(&format!("{id} 1")), text(&format!("{id} 2"))] });
    let ids = ["first \"one\"", "second"];
    let dataset = json!({ "conversations": ids.map(conversation) });
    let plan = json!({ "plan": { "rules": [["output", "/text"]] }, "path": "/any/{{conversation}}/{{turn}}" });
    let sent = sent("--api planned --number 2 --api-key sk-secret", &dataset, &plan);
    let message = |role: &str, text: String| json!({ "role": role, "parts": [text] });
    let mut expected = Vec::new();
    for (index, id) in ids.iter().enumerate() {
        let prompt = |turn: u32| message("user", long(&format!("{id} {turn}")));
        let said = message("assistant", long(&format!("reply to {id} 1")));
        for (turn, history) in [json!([]), json!([prompt(1), said])].into_iter().enumerate() {
            let prompt = json!([prompt(turn as u32 + 1)]);
            expected.push(json!({
                "conversation": id, "index": index, "turn": turn, "extra": null,
                "max_tokens": null, "history": history, "prompt": prompt,
            }));
        }
    }
    assert_eq!(sent.iter().map(json_of).collect::<Vec<_>>(), expected);
    let heads: Vec<_> =
        sent.iter().map(|it| (it.head[0].as_str(), it.header("x-session"))).collect();
    assert_eq!(
        heads,
        [
            ("POST /any/first%20%22one%22/0 HTTP/1.1", vec!["first \"one\"-0-0"]),
            ("POST /any/first%20%22one%22/1 HTTP/1.1", vec!["first \"one\"-0-1"]),
            ("POST /any/second/0 HTTP/1.1", vec!["second-1-0"]),
            ("POST /any/second/1 HTTP/1.1", vec!["second-1-1"]),
        ]
    );
    assert!(sent.iter().all(|it| it.header("x-api-key") == ["sk-secret"]));
    assert!(sent.iter().all(|it| it.header("authorization").is_empty()));
}

#[test]
fn members_of_one_request_are_merged_between_flags_and_extra_args() {
    let extra =
        json!({ "b": 2, "c": 2, "d": 2, "temperature": 0.7, "tools": [{ "type": "function" }] });
    let dataset = json!({ "conversations": [{ "turns": [{ "text": "hello", "extra": extra }] }] });
    let template = json!({ "messages": "%p", "a": 1, "b": 1, "c": 1, "d": 1, "temperature": 0.1 });
    let line = format!(
        "--api openai --number 1 --temperature 0.5 --top-p 0.25 --query-template '{template}' \
         --extra-args '{{\"c\": 3, \"d\": null}}'"
    );
    let sent = sent(&line, &dataset, &json!({}));
    let body = json_of(&sent[0]);
    let members = ["a", "b", "c", "d", "temperature", "top_p", "tools"].map(|name| &body[name]);
    let tools = json!([{ "type": "function" }]);
    assert_eq!(
        members,
        [&json!(1), &json!(2), &json!(3), &json!(null), &json!(0.7), &json!(0.25), &tools]
    );
    assert!(body.as_object().is_some_and(|body| !body.contains_key("d")), "{body}");
}

#[test]
fn the_bundled_api_sends_long_texts_unchanged() {
    let dataset = json!({ "conversations": [{ "turns": [{ "text": long("a") }] }] });
    let sent = sent("--api openai --number 1", &dataset, &json!({}));
    assert_eq!(json_of(&sent[0])["messages"], json!([{ "role": "user", "content": long("a") }]));
}
