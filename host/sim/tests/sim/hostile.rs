//! Clients that mean no good: the server refuses them, keeps little for them, and serves the others.

use crate::client::{Client, Reply, find};
use crate::{CHAT, COMPLETIONS, chat, fast, start};
use loadwright_sim::{Config, Fault, Script, Server};
use serde_json::{Value, json};
use std::io::Write;
use std::time::Duration;

const LIMIT: Duration = Duration::from_secs(60);
/// Requests within which the server has noticed what other clients did before.
const TRIES: usize = 2_000;

/// Bytes behind which a server that has not had enough never will.
const PLENTY: usize = 16 << 20;

/// Sends `first`, then `rest` until the server has had enough; gives its answer.
fn endless(server: &Server, first: &[u8], rest: &[u8]) -> Reply {
    let mut client = Client::new(server);
    let mut feed = client.stream.try_clone().unwrap();
    let (first, rest) = (first.to_vec(), rest.to_vec());
    let feeding = std::thread::spawn(move || {
        let mut sent = feed.write_all(&first);
        for _ in 0..PLENTY / rest.len() {
            sent = sent.and_then(|()| feed.write_all(&rest));
        }
    });
    let reply = client.reply();
    client.stream.shutdown(std::net::Shutdown::Both).unwrap();
    feeding.join().unwrap();
    still_serves(server);
    reply
}

fn still_serves(server: &Server) {
    let mut client = Client::new(server);
    client.post(CHAT, "", &chat(2));
    assert_eq!(client.reply().chunks().len(), 4);
}

fn said(reply: &Reply) -> (u16, String) {
    (reply.status, reply.json()["error"]["message"].as_str().unwrap().to_owned())
}

#[test]
fn endless_input_is_rejected() {
    let server = start(fast());
    let chunked = format!("POST {CHAT} HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n");
    let piece = [b'y'; 4096];
    let cases: [(&str, &str, &[u8], &str); 5] = [
        ("GET / HTTP/1.1\r\nx: ", "", &piece, "the head is too long"),
        ("GET / HTTP/1.1\r\n", "", b"x: y\r\n", "too many headers"),
        (&chunked, "1;", &piece, "a chunk-size line is too long"),
        (&chunked, "0\r\n", b"x: y\r\n", "the trailers are too long"),
        (&chunked, "0\r\nx: ", &piece, "the trailers are too long"),
    ];
    for (head, begin, rest, text) in cases {
        let (status, why) = said(&endless(&server, &[head, begin].concat().into_bytes(), rest));
        assert_eq!(status, 400, "{head:?} {begin:?}");
        assert!(why.contains(text), "{why}");
    }
}

#[test]
fn oversized_bodies_are_rejected_before_they_arrive() {
    let server = start(fast());
    for length in ["67108865", "18446744073709551615", "99999999999999999999999"] {
        let mut client = Client::new(&server);
        let head = format!("POST {CHAT} HTTP/1.1\r\ncontent-length: {length}\r\n\r\n");
        client.stream.write_all(head.as_bytes()).unwrap();
        assert_eq!(said(&client.reply()), (413, "the body is larger than 64 MiB".into()));
    }
    still_serves(&server);
}

/// A status and the error's text for each body.
fn asked(server: &Server, path: &str, body: &[u8]) -> (u16, String) {
    let mut client = Client::new(server);
    client.send("POST", path, "", body);
    said(&client.reply())
}

#[test]
fn oversized_numbers_are_rejected() {
    let server = start(fast());
    let with = |name: &str, value: &str| {
        let text = format!(r#"{{"messages":[{{"role":"user","content":"x"}}],"{name}":{value}}}"#);
        let (status, why) = asked(&server, CHAT, text.as_bytes());
        assert_eq!(status, 400, "{name} {value}: {why}");
        assert!(why.len() < 600, "{} bytes of text", why.len());
    };
    for name in ["max_tokens", "max_completion_tokens", "min_tokens", "n"] {
        for value in ["1000000000000000000", "1e400", "-1", "1.5", "\"many\"", "[]"] {
            with(name, value);
        }
    }
    with("n", "1000000000");
    // Not streamed, it would have to be there as a whole.
    with("max_tokens", "4294967295");
    with("max_tokens", &format!("\"{}\"", "9".repeat(1 << 20)));
    with("model", &format!("\"{}\"", "m".repeat(5_000)));
    let many = vec![json!("x"); 65];
    with("stop", &Value::from(many).to_string());
    still_serves(&server);
}

#[test]
fn oversized_lists_are_rejected() {
    let server = start(fast());
    let ask = |path, body: Value| {
        let (status, why) = asked(&server, path, body.to_string().as_bytes());
        assert_eq!(status, 400, "{why}");
        why
    };
    let prompts = |n: u32, prompts: usize| json!({"prompt": vec!["x"; prompts], "n": n});
    let choices = "n times the number of prompts: at most 1024 choices";
    assert_eq!(ask(COMPLETIONS, prompts(1, 1_025)), choices);
    assert_eq!(ask(COMPLETIONS, prompts(128, 9)), choices);
    let lists = json!({"prompt": vec![vec![1]; 1_025]});
    assert_eq!(ask(COMPLETIONS, lists), choices);
    let messages = vec![json!({"role": "user", "content": ""}); 10_001];
    assert_eq!(ask(CHAT, json!({ "messages": messages })), "messages: at most 10000 messages");
    still_serves(&server);
}

/// Whatever makes a reply be there as a whole, or be looked at in advance, bounds its length; a
/// plain stream is made frame by frame, and may go on for ever.
#[test]
fn the_size_of_a_whole_reply_is_limited() {
    let whole = |script: Script, change: fn(&mut Value)| {
        let server = start(Config { script, ..fast() });
        let mut body = chat(u32::MAX);
        change(&mut body);
        asked(&server, CHAT, body.to_string().as_bytes())
    };
    let most =
        "max_tokens times n: at most 262144 in a reply that is composed as a whole; request less";
    let listed = most.replace("262144", "32768");
    let stream = |text: &str| (400, format!("{text}, or stream it"));
    assert_eq!(whole(Script::default(), |body| body["stream"] = json!(false)), stream(most));
    let list = |body: &mut Value| {
        (body["stream"], body["logprobs"]) = (json!(false), json!(true));
    };
    assert_eq!(whole(Script::default(), list), stream(&listed));
    let stopped = whole(Script::default(), |body| body["stop"] = json!(["no such word"]));
    assert_eq!(stopped, (400, format!("{most}, or stream it, without stop")));
    let by_length = Script::always([Fault::Body(loadwright_sim::Body::Length)]);
    assert_eq!(whole(by_length, |_| {}), stream(most));
    let merged = Script::always([Fault::Merge { frames: u32::MAX }]);
    assert_eq!(whole(merged, |_| {}), stream(most));
    let server = start(fast());
    let mut client = Client::new(&server);
    client.post(CHAT, "", &chat(u32::MAX));
    client.until("\"content\":");
    drop(client);
    server.wait_for_ended(1, LIMIT).unwrap();
}

#[test]
fn malformed_or_too_deep_json_is_rejected() {
    let server = start(fast());
    let deep = "[".repeat(200_000);
    let bodies = [
        String::new(),
        "{".into(),
        "\u{0}\u{1}".into(),
        "null".into(),
        "[]".into(),
        deep.clone(),
        format!(r#"{{"messages":{deep}"#),
        format!(r#"{{"messages":[{{"role":"user","content":{deep}"#),
        format!(r#"{{"logprobs":{deep}"#),
        format!(r#"{{"tools":{deep}"#),
        format!(r#"{{"unknown":{deep}"#),
    ];
    for body in bodies {
        let (status, why) = asked(&server, CHAT, body.as_bytes());
        assert_eq!(status, 400, "{why}");
    }
    assert_eq!(asked(&server, CHAT, b"\xff\xfe\x80").0, 400);
    still_serves(&server);
}

#[test]
fn an_incomplete_request_times_out() {
    let server = start(Config { client_timeout: Duration::from_millis(40), ..fast() });
    let body = format!("POST {CHAT} HTTP/1.1\r\ncontent-length: 9\r\n\r\n{{");
    for begun in ["G", "GET / HTTP/1.1\r\nx: ", &body] {
        let mut client = Client::new(&server);
        client.stream.write_all(begun.as_bytes()).unwrap();
        assert_eq!(client.rest().unwrap(), b"");
    }
    // Between requests a connection may be idle.
    let mut idle = Client::new(&server);
    let mut slow = Client::new(&server);
    slow.stream.write_all(b"G").unwrap();
    assert_eq!(slow.rest().unwrap(), b"");
    idle.post(CHAT, "", &chat(2));
    assert_eq!(idle.reply().chunks().len(), 4);
}

#[test]
fn a_client_that_never_reads_times_out() {
    let server = start(Config { client_timeout: Duration::from_millis(40), ..fast() });
    let mut client = Client::new(&server);
    client.post(CHAT, "", &chat(u32::MAX));
    server.wait_for_ended(1, LIMIT).unwrap();
    assert!(!server.truth()[0].complete);
}

#[test]
fn all_clients_share_one_memory_budget() {
    let server = start(Config { memory: 1 << 20, ..fast() });
    let mut greedy = Client::new(&server);
    let head = format!("POST {CHAT} HTTP/1.1\r\ncontent-length: 2000000\r\n\r\n");
    greedy.stream.write_all(&[head.as_bytes(), &[b' '; 900_000]].concat()).unwrap();
    let mut body = chat(2);
    body["padding"] = "x".repeat(300_000).into();
    let ask = || {
        let mut client = Client::new(&server);
        client.post(CHAT, "", &body);
        client.reply()
    };
    // Until what the greedy one sent has been read, there is room.
    let refused = (0..TRIES).map(|_| ask()).find(|reply| reply.status != 200);
    let refused = refused.expect("the greedy one holds most of it");
    let text = "requests and replies use all of the server's memory budget; try again later";
    assert_eq!(said(&refused), (503, text.into()));
    still_serves(&server);
    drop(greedy);
    assert!((0..TRIES).any(|_| ask().status == 200), "what was held is given back");
    // A reply that is made as a whole counts too: 200,000 tokens are more than a mebibyte.
    let mut whole = chat(200_000);
    whole["stream"] = json!(false);
    assert_eq!(asked(&server, CHAT, whole.to_string().as_bytes()).0, 503);
    still_serves(&server);
}

#[test]
fn a_model_name_is_escaped_in_replies() {
    let server = start(fast());
    let mut body = chat(2);
    let name = "m\"\\\u{1b}[31m\n".repeat(100);
    body["model"] = name.clone().into();
    let mut client = Client::new(&server);
    client.post(CHAT, "", &body);
    let reply = client.reply();
    assert!(find(&reply.body, b"\x1b").is_none());
    assert!(reply.chunks().iter().all(|chunk| chunk["model"] == *name));
}
