//! Replies of services that do something else: what the metrics and the warnings make of them.

use super::{Place, ends, paced, server};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::time::Duration;

/// Between two events of a stream.
const GAP: Duration = Duration::from_millis(10);

/// A server that answers every request with the same events, each in a segment of its own; its URL.
/// It lives as long as the process.
fn answering(events: &[Value]) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let url = format!("http://{}/v1/chat/completions", listener.local_addr().expect("bound"));
    let events: Vec<String> = events
        .iter()
        .map(Value::to_string)
        .chain(["[DONE]".into()])
        .map(|event| format!("data: {event}\n\n"))
        .collect();
    std::thread::spawn(move || {
        for connection in listener.incoming().map_while(Result::ok) {
            let events = events.clone();
            std::thread::spawn(move || serve(connection, &events));
        }
    });
    url
}

/// Answers until the client goes away.
fn serve(connection: TcpStream, events: &[String]) -> Option<()> {
    connection.set_nodelay(true).ok()?;
    let mut requests = BufReader::new(connection.try_clone().ok()?);
    let mut replies = connection;
    loop {
        let mut length = 0;
        loop {
            let mut line = String::new();
            if requests.read_line(&mut line).ok()? == 0 {
                return None;
            }
            let line = line.to_lowercase();
            if let Some(value) = line.strip_prefix("content-length:") {
                length = value.trim().parse().ok()?;
            }
            if line.trim().is_empty() {
                break;
            }
        }
        let mut body = vec![0; length];
        requests.read_exact(&mut body).ok()?;
        let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\
                    transfer-encoding: chunked\r\n\r\n";
        replies.write_all(head.as_bytes()).ok()?;
        for event in events {
            std::thread::sleep(GAP);
            let chunk = format!("{:x}\r\n{event}\r\n", event.len());
            replies.write_all(chunk.as_bytes()).ok()?;
        }
        replies.write_all(b"0\r\n\r\n").ok()?;
    }
}

fn delta(delta: Value) -> Value {
    json!({"choices": [{"index": 0, "delta": delta}]})
}

fn usage(tokens: u32) -> Value {
    json!({
        "choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 5, "completion_tokens": tokens},
    })
}

/// The `loadwright` section of a point of four requests to a server with these replies.
fn measured(events: &[Value]) -> Value {
    let place = Place::new();
    let url = answering(events);
    ends(place.perf(&format!("--model m --url {url} -n 4 --no-test-connection")), 0);
    place.summary("parallel_1_number_4")["loadwright"].clone()
}

/// The check of this kind among the warnings.
fn check(section: &Value, kind: &str) -> Option<Value> {
    let warnings = section["warnings"].as_array().expect("warnings");
    warnings.iter().map(|warning| &warning["check"]).find(|check| check["kind"] == kind).cloned()
}

#[test]
fn a_frame_that_tells_of_no_token_passes_its_gap_on() {
    let tokens = |text: &str, ids: Value| json!({"choices": [{"index": 0, "delta": {"content": text}, "token_ids": ids}]});
    let events =
        [tokens("a", json!([1])), tokens("b", json!([])), tokens("c", json!([2, 3])), usage(3)];
    let metrics = &measured(&events)["metrics"];
    let (itl, per_token) = (&metrics["itl_ms"], &metrics["itl_per_token_ms"]);
    // Two gaps a reply; both are those of the last frame's two tokens.
    assert_eq!((&itl["values"], &per_token["values"]), (&json!(8), &json!(8)));
    let mean = |of: &Value| of["mean"].as_f64().expect("a mean");
    assert!((mean(itl) - mean(per_token)).abs() < 1e-3, "{itl} {per_token}");
}

#[test]
fn tokens_whose_text_nothing_finds_are_warned_of() {
    let event = delta(json!({"thoughts": "hm"}));
    let section = measured(&[event.clone(), event.clone(), usage(7)]);
    let found = check(&section, "text_not_found").expect("a warning");
    assert_eq!(found, json!({"kind": "text_not_found", "requests": 4, "share": 1.0}));
    assert_eq!(section["verdict"], "valid_with_warnings");
    assert_eq!(section["metrics"]["ttft_ms"], Value::Null);
    assert_eq!(check(&measured(&[event, usage(1)]), "text_not_found"), None);
}

#[test]
fn usage_of_no_token_beside_text_is_warned_of() {
    let event = delta(json!({"content": "hm"}));
    let section = measured(&[event.clone(), event, usage(0)]);
    let found = check(&section, "zero_usage").expect("a warning");
    assert_eq!(found, json!({"kind": "zero_usage", "requests": 4, "share": 1.0}));
}

#[test]
fn a_stream_of_one_frame_is_warned_of() {
    let section = measured(&[delta(json!({"content": "all of it"})), usage(7)]);
    let found = check(&section, "one_piece").expect("a warning");
    assert_eq!(found, json!({"kind": "one_piece", "requests": 4, "share": 1.0}));
    let event = delta(json!({"content": "half"}));
    assert_eq!(check(&measured(&[event.clone(), event, usage(2)]), "one_piece"), None);
}

#[test]
fn details_of_reasoning_are_reasoning() {
    let detail = |member: &str| {
        delta(json!({"content": "", "reasoning_details": [{"type": "x", member: "hm"}]}))
    };
    let answer = delta(json!({"content": "so"}));
    for member in ["text", "summary"] {
        let section = measured(&[detail(member), detail(member), answer.clone(), usage(3)]);
        let mean = |metric: &str| section["metrics"][metric]["mean"].as_f64().expect(metric);
        // Two gaps lie between the first reasoning and the answer.
        let (before, gap) = (mean("first_answer_ms") - mean("ttft_ms"), mean("itl_ms"));
        assert!((before - 2.0 * gap).abs() < 1e-3, "{before} {gap}");
    }
}

#[test]
fn an_objective_on_what_replies_lack_is_warned_of() {
    let place = Place::new();
    let server = server(paced(1, 1));
    let line = r#"-n 4 --max-tokens 3 --goodput ttft:60000 --extra-args '{"stream": false}'"#;
    ends(place.against(&server, &format!("{line} --fail-if 'goodput<100%'")), 5);
    let section = place.summary("parallel_1_number_4")["loadwright"].clone();
    let found = check(&section, "objective_absent").expect("a warning");
    let wanted = json!({"kind": "objective_absent", "metric": "ttft", "requests": 4, "share": 1.0});
    assert_eq!(found, wanted);
    assert_eq!(section["goodput"]["share"], 0.0);
}

#[test]
fn workers_that_are_idle_on_average_are_warned_of() {
    let place = Place::new();
    let server = server(paced(100, 10));
    // The second worker has nothing to do in the second of two rounds: 1.5 of 2 on average.
    let line = "--parallel 2 -n 3 --max-tokens 10 --no-test-connection";
    ends(place.against(&server, line), 0);
    let section = place.summary("parallel_2_number_3")["loadwright"].clone();
    let found = check(&section, "concurrency_low").expect("a warning");
    let mean = found["mean"].as_f64().expect("a mean");
    assert!(found["target"] == 2 && mean > 1.0 && mean < 1.8, "{found}");
}
