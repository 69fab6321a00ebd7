//! Every fault, as bytes on the wire.

use crate::client::{Client, Reply, events, find, header, joined};
use crate::{CHAT, chat, fast, start};
use loadwright_sim::{Body, Config, Fault, LineEnd, Rule, Script};
use serde_json::{Value, json};
use std::io::ErrorKind;
use std::time::Duration;

const LIMIT: Duration = Duration::from_secs(30);
const DELTA: &str = "/choices/0/delta/content";

/// A client of a server on which every request has these faults.
fn with(faults: impl Into<Vec<Fault>>) -> (loadwright_sim::Server, Client) {
    let server = start(Config { script: Script::always(faults), ..fast() });
    let client = Client::new(&server);
    (server, client)
}

fn stream(faults: impl Into<Vec<Fault>>, tokens: u32) -> Reply {
    let (_server, mut client) = with(faults);
    client.post(CHAT, "", &chat(tokens));
    client.reply()
}

/// What comes until the connection ends.
fn bytes(faults: impl Into<Vec<Fault>>, body: &Value) -> std::io::Result<Vec<u8>> {
    let (_server, mut client) = with(faults);
    client.post(CHAT, "", body);
    client.rest()
}

fn tokens_in(bytes: &[u8]) -> usize {
    bytes.windows(11).filter(|window| window == b"\"content\":\"").count()
}

#[test]
fn nothing_comes_from_a_dropped_or_reset_connection() {
    assert_eq!(bytes([Fault::Drop], &chat(3)).unwrap(), b"");
    let error = bytes([Fault::Reset], &chat(3)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ConnectionReset);
}

#[test]
fn a_refusing_server_has_no_listener_until_its_time_is_over() {
    let server = start(fast());
    let mut client = Client::new(&server);
    client.post(CHAT, "x-sim-fault: {\"refuse\": {\"ms\": 300}}\r\n", &chat(3));
    assert_eq!(client.rest().unwrap(), b"");
    let connect = || std::net::TcpStream::connect(server.address());
    let mut refused = 0;
    while let Err(error) = connect() {
        assert_eq!(error.kind(), ErrorKind::ConnectionRefused);
        refused += 1;
    }
    assert!(refused > 0);
}

#[test]
fn a_status_has_its_headers_and_its_body() {
    let busy = Fault::Status { code: 429, retry_after: Some(7), body: None };
    let reply = stream([busy], 3);
    assert_eq!((reply.status, header(&reply.head, "retry-after")), (429, Some("7")));
    assert_eq!(reply.json()["error"]["type"], "rate_limit_error");
    let broken = Fault::Status { code: 500, retry_after: None, body: Some("out of luck".into()) };
    let reply = stream([broken], 3);
    assert_eq!((reply.status, reply.body.as_slice()), (500, b"out of luck".as_slice()));
}

#[test]
fn garbage_is_not_http() {
    let bytes = bytes([Fault::GarbageHead], &chat(3)).unwrap();
    assert!(!bytes.is_empty() && !bytes.starts_with(b"HTTP/"));
}

#[test]
fn informational_and_slow_heads_come_before_the_reply() {
    let slow = Fault::SlowHead { ms: Duration::from_millis(8) };
    let (server, mut client) = with([Fault::Informational { code: 103 }, slow]);
    client.post(CHAT, "", &chat(3));
    assert_eq!(client.reply_head(), "HTTP/1.1 103 Early Hints\r\n\r\n");
    assert_eq!(client.reply().chunks().len(), 5);
    server.wait_for_ended(1, LIMIT).unwrap();
    let served = server.truth().remove(0);
    assert!(served.frames[0] - served.received >= 8_000_000);
}

#[test]
fn a_cut_stream_has_its_frames_but_no_end() {
    for after in [0, 1, 4] {
        let cut = bytes([Fault::Cut { after, reset: false }], &chat(9)).unwrap();
        assert_eq!(tokens_in(&cut), after as usize);
        assert!(find(&cut, b"[DONE]").is_none() && !cut.ends_with(b"0\r\n\r\n"));
    }
    let (server, mut client) = with([Fault::Cut { after: 2, reset: true }]);
    client.post(CHAT, "", &chat(9));
    let error = client.rest().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ConnectionReset);
    server.wait_for_ended(1, LIMIT).unwrap();
    assert_eq!(server.truth()[0].output_tokens, 2);
}

#[test]
fn a_cut_whole_reply_declares_more_than_it_sends() {
    let mut body = chat(9);
    body["stream"] = json!(false);
    let cut = bytes([Fault::Cut { after: 0, reset: false }], &body).unwrap();
    let end = find(&cut, b"\r\n\r\n").unwrap() + 4;
    let head = String::from_utf8(cut[..end].to_vec()).unwrap();
    let promised: usize = header(&head, "content-length").unwrap().parse().unwrap();
    assert!(promised > cut.len() - end && cut.len() > end);
}

#[test]
fn a_stalled_stream_pauses_until_the_client_disconnects_or_its_time_is_over() {
    let (server, mut client) = with([Fault::Stall { after: 2, ms: None }]);
    client.post(CHAT, "", &chat(9));
    while tokens_in(&client.until("content")) < 2 {
        client.more().unwrap();
    }
    assert_eq!(server.counts().ended, 0);
    drop(client);
    server.wait_for_ended(1, LIMIT).unwrap();
    let truth = server.truth();
    assert_eq!((truth[0].frames.len(), truth[0].complete), (2, false));

    let span = Duration::from_millis(20);
    let (server, mut client) = with([Fault::Stall { after: 2, ms: Some(span) }]);
    client.post(CHAT, "", &chat(9));
    assert_eq!(client.reply().chunks().len(), 11);
    server.wait_for_ended(1, LIMIT).unwrap();
    let frames = &server.truth()[0].frames;
    assert!(frames[2] - frames[1] >= 20_000_000);
}

#[test]
fn garbage_and_errors_are_part_of_the_stream() {
    let reply = stream([Fault::GarbageFrame { after: 2 }], 5);
    let events = reply.events();
    assert_eq!(events.len(), 5 + 1 + 3);
    assert!(serde_json::from_str::<Value>(&events[2]).is_err());
    let reply = stream([Fault::ErrorEvent { after: 2 }], 5);
    let events = reply.chunks();
    assert_eq!((reply.status, events.len()), (200, 3));
    assert_eq!(events[2]["error"]["message"], "simulated failure");
}

#[test]
fn parts_of_a_stream_can_be_missing() {
    let events = |faults: Vec<Fault>| stream(faults, 4).events();
    let plain = events(vec![]);
    assert_eq!(plain.len(), 7);
    assert_eq!(events(vec![Fault::NoFinish]).len(), 6);
    let without = events(vec![Fault::NoUsage]);
    assert!(without.len() == 6 && without.iter().all(|event| !event.contains("usage")));
    assert!(!events(vec![Fault::NoDone]).contains(&"[DONE]".to_owned()));
    let empty = stream([Fault::Empty], 4).chunks();
    assert_eq!(empty.len(), 2);
    assert_eq!(empty[1]["usage"]["completion_tokens"], 0);
    let open = stream([Fault::NoFinalBlank], 4).body;
    assert!(open.ends_with(b"data: [DONE]\n") && !open.ends_with(b"\n\n"));
}

#[test]
fn a_role_alone_is_not_output() {
    let (server, mut client) = with([Fault::RoleFirst]);
    client.post(CHAT, "", &chat(3));
    let chunks = client.reply().chunks();
    assert_eq!(chunks[0]["choices"][0]["delta"], json!({"role": "assistant", "content": ""}));
    assert_eq!(chunks.len(), 6);
    assert_eq!(server.wait_for_ended(1, LIMIT).unwrap().frames, 3);
}

#[test]
fn split_and_merged_writes_carry_the_same_bytes() {
    let content = |reply: Reply| (reply.events().len(), joined(&reply.chunks(), DELTA));
    let plain = content(stream([], 12));
    assert_eq!(plain.0, 15);
    for bytes in [1, 3, 7, 64] {
        assert_eq!(content(stream([Fault::Split { bytes }], 12)), plain);
    }
    assert_eq!(content(stream([Fault::Merge { frames: 5 }], 12)), plain);
    let (server, mut client) = with([Fault::Merge { frames: 5 }]);
    client.post(CHAT, "", &chat(12));
    client.reply();
    server.wait_for_ended(1, LIMIT).unwrap();
    let frames = server.truth()[0].frames.clone();
    // Frames of one write share its stamp: 5, 5 and 2.
    assert!(frames[0] == frames[4] && frames[5] == frames[9] && frames[10] == frames[11]);
    assert!(frames[4] < frames[5] && frames[9] < frames[10]);
}

#[test]
fn line_ends_are_configurable_and_other_lines_may_come_between() {
    let crlf = String::from_utf8(stream([Fault::Lines(LineEnd::Crlf)], 4).body).unwrap();
    assert_eq!(crlf.matches("\r\n\r\n").count(), 7);
    assert_eq!(events(&crlf.replace("\r\n", "\n")).len(), 7);
    let cr = String::from_utf8(stream([Fault::Lines(LineEnd::Cr)], 4).body).unwrap();
    assert!(!cr.contains('\n'));
    assert_eq!(events(&cr.replace('\r', "\n")).len(), 7);
    let comments = stream([Fault::Comments], 4);
    assert_eq!(comments.body.windows(2).filter(|window| window == b": ").count() - 7, 4);
    assert_eq!(comments.events().len(), 7);
    let lines = stream([Fault::MultiLine], 4);
    assert_eq!(lines.chunks().len(), 6);
    assert!(lines.events()[0].contains('\n'));
}

#[test]
fn bodies_end_in_three_ways_and_connections_close_on_request() {
    let chunked = stream([Fault::Body(Body::Chunked)], 3);
    assert_eq!(header(&chunked.head, "transfer-encoding"), Some("chunked"));
    let length = stream([Fault::Body(Body::Length)], 3);
    assert!(header(&length.head, "content-length").is_some());
    let open = stream([Fault::Body(Body::UntilClose)], 3);
    assert_eq!(header(&open.head, "connection"), Some("close"));
    for reply in [chunked, length, open] {
        assert_eq!(reply.chunks().len(), 5);
    }
    for (fault, said) in [(Fault::Close, Some("close")), (Fault::CloseSilently, None)] {
        let (_server, mut client) = with([fault]);
        client.post(CHAT, "", &chat(3));
        let reply = client.reply();
        assert_eq!((reply.chunks().len(), header(&reply.head, "connection")), (5, said));
        assert_eq!(client.rest().unwrap(), b"");
    }
}

#[test]
fn an_idle_connection_is_closed_after_its_time() {
    let (_server, mut client) = with([Fault::IdleClose { ms: Duration::from_millis(5) }]);
    client.post(CHAT, "", &chat(3));
    client.reply();
    assert_eq!(client.rest().unwrap(), b"");
    let idle_close = Some(Duration::from_millis(5));
    let server = start(Config { idle_close, ..fast() });
    assert_eq!(Client::new(&server).rest().unwrap(), b"");
}

#[test]
fn a_gzip_claim_reasoning_and_tool_calls() {
    let reply = stream([Fault::GzipClaim], 3);
    assert_eq!(header(&reply.head, "content-encoding"), Some("gzip"));
    assert_eq!(reply.chunks().len(), 5);
    let chunks = stream([Fault::Reasoning { tokens: 4 }], 10).chunks();
    let words = |pointer| joined(&chunks, pointer).split_whitespace().count();
    assert_eq!((words("/choices/0/delta/reasoning_content"), words(DELTA)), (4, 6));
    let details = &chunks[11]["usage"]["completion_tokens_details"];
    assert_eq!(details["reasoning_tokens"], 4);
    let chunks = stream([Fault::ToolCall], 6).chunks();
    let arguments = joined(&chunks, "/choices/0/delta/tool_calls/0/function/arguments");
    let arguments: Value = serde_json::from_str(&arguments).unwrap();
    assert_eq!(arguments["query"].as_str().unwrap().split_whitespace().count(), 6);
    assert_eq!(chunks[6]["choices"][0]["finish_reason"], "tool_calls");
}

#[test]
fn rules_choose_by_index_range_and_ratio_and_headers_ask_for_themselves() {
    let rules = json!([
        {"requests": [1, 3], "faults": [{"status": {"code": 500}}]},
        {"range": [5, 6], "faults": [{"status": {"code": 503}}]},
    ]);
    let script: Script = serde_json::from_value(rules).unwrap();
    let server = start(Config { script, ..fast() });
    let mut client = Client::new(&server);
    let mut status = |headers: &str| {
        client.post(CHAT, headers, &chat(1));
        client.reply().status
    };
    let statuses: Vec<u16> = (0..8).map(|_| status("")).collect();
    assert_eq!(statuses, [200, 500, 200, 500, 200, 503, 503, 200]);
    assert_eq!(status("x-sim-fault: {\"status\": {\"code\": 429}}\r\n"), 429);
    assert_eq!(status("x-sim-fault: no_done\r\n"), 200);
    assert_eq!(status("x-sim-fault: nonsense\r\n"), 400);
    server.wait_for_ended(11, LIMIT).unwrap();
    assert_eq!(server.truth()[9].faults, [Fault::NoDone]);
}

#[test]
fn a_ratio_hits_its_share_of_requests_and_the_same_ones_for_a_seed() {
    let failing = |seed: u64| {
        let fault = Fault::Status { code: 500, retry_after: None, body: None };
        let script =
            Script(vec![Rule { ratio: Some(0.25), faults: vec![fault], ..Rule::default() }]);
        let server = start(Config { script, seed, ..fast() });
        let mut client = Client::new(&server);
        let mut ask = || {
            client.post(CHAT, "", &chat(1));
            client.reply().status == 500
        };
        (0..400).map(|_| ask()).collect::<Vec<bool>>()
    };
    let first = failing(1);
    assert_eq!(first, failing(1));
    assert_ne!(first, failing(2));
    // Four standard deviations of a binomial around 100.
    let count = first.iter().filter(|&&fault| fault).count();
    assert!((65..=135).contains(&count), "{count}");
}
