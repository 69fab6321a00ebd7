//! Data that a server sends without a request is never taken for a reply.

use crate::raw_server::{events, next_request, reply, scripted};
use crate::rig::{Bench, Run, closed, ms, plan_of, run};
use loadwright_core::arrival::{Arrival, Process};
use loadwright_core::outcome::Outcome;
use loadwright_core::plan::Load;
use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpStream};
use std::time::Duration;

/// The token count of unsolicited replies.
const STRAY: u64 = 999;

/// Answers each request with the number of its slot plus one, then does `idle`.
fn then(idle: impl Fn(&mut TcpStream) + Send + Sync + 'static) -> String {
    scripted(move |mut stream, _| {
        while let Some(seq) = next_request(&mut stream) {
            stream.write_all(reply(seq + 1).as_bytes()).unwrap();
            // The client is idle for far longer, and has read its reply by then.
            std::thread::sleep(ms(100));
            idle(&mut stream);
        }
    })
}

fn stray() -> String {
    then(|stream| {
        // The client may have disconnected.
        let _ = stream.write_all(reply(STRAY).as_bytes());
    })
}

/// Each record has its own reply, and none of its timestamps is before the request was sent.
fn assert_own_replies(run: &Run) {
    run.assert_all_ok(3);
    for record in run.sorted() {
        assert_eq!(record.usage.output_tokens, Some(record.seq as u32 + 1));
        let sent = record.timeline.sent.unwrap();
        assert!(record.timeline.head.unwrap() >= sent);
        assert!(record.frames.iter().all(|frame| frame.at >= sent));
        assert!(record.timeline.connect.is_some(), "each went over a connection of its own");
    }
}

#[test]
fn unsolicited_replies_on_idle_connections_are_ignored() {
    let slow = Arrival { rate: 1.5, process: Process::Constant };
    let loads = [
        Load::Closed { workers: 1, ramp_up: Duration::ZERO, pace: Some(slow) },
        Load::Open { arrival: slow, max_in_flight: None },
    ];
    for load in loads {
        let mut plan = plan_of(&stray(), 1, 3);
        plan.load = load;
        let run = run(plan);
        assert_own_replies(&run);
        let reopened: Vec<_> = run.sorted().iter().map(|record| record.reopened).collect();
        assert_eq!(reopened, [false, true, true]);
    }
}

#[test]
fn an_unsolicited_reply_between_two_turns_is_ignored() {
    let mut bench = Bench::new(plan_of(&stray(), 1, 1));
    (bench.dataset.turns, bench.dataset.pause) = (2, 0.6);
    let run = bench.run();
    assert_eq!(run.records.len(), 2);
    for record in &run.records {
        assert_eq!((record.outcome, record.usage.output_tokens), (Outcome::Ok, Some(1)));
    }
    assert!(run.sorted()[1].reopened);
}

/// There is no pause between two requests: data that was not read before the next one was sent is
/// recognized by its kernel timestamp, so that a reply is the request's own or a failure.
#[test]
fn no_unsolicited_reply_gives_a_negative_latency() {
    let url = scripted(|mut stream, _| {
        while let Some(seq) = next_request(&mut stream) {
            let sent = stream.write_all(reply(seq + 1).as_bytes());
            // Around the time at which the next request goes out: before it, or after.
            std::thread::sleep(Duration::from_micros(seq % 20 * 15));
            if sent.and_then(|()| stream.write_all(reply(STRAY).as_bytes())).is_err() {
                return;
            }
        }
    });
    let run = run(plan_of(&url, 2, 200));
    assert_eq!(run.records.len(), 200);
    for record in &run.records {
        let sent = record.timeline.sent.unwrap();
        if record.outcome.is_ok() {
            assert!(record.frames.iter().all(|frame| frame.at >= sent));
            assert!(record.timeline.head.unwrap() >= sent);
        } else {
            assert_eq!(record.outcome, Outcome::Unsolicited, "{}", record.error);
        }
        assert!(record.timeline.end >= sent);
    }
}

#[test]
fn a_408_on_an_idle_connection_ends_it() {
    let url = then(|stream| {
        let _ = stream.write_all(b"HTTP/1.1 408 Request Timeout\r\ncontent-length: 0\r\n\r\n");
        let _ = stream.shutdown(Shutdown::Write);
    });
    let mut plan = plan_of(&url, 1, 3);
    plan.load = Load::Open {
        arrival: Arrival { rate: 1.5, process: Process::Constant },
        max_in_flight: None,
    };
    let run = run(plan);
    assert_own_replies(&run);
    assert!(run.sorted()[1].reopened && run.sorted()[2].reopened);
}

/// Whether it comes before or after the request is sent, it is the server's reply.
#[test]
fn a_refusal_on_a_new_connection_is_the_reply() {
    let url = scripted(|mut stream, _| {
        let refusal = "HTTP/1.1 503 Busy\r\nconnection: close\r\ncontent-length: 4\r\n\r\nfull";
        stream.write_all(refusal.as_bytes()).unwrap();
        stream.shutdown(Shutdown::Write).unwrap();
        let _ = stream.read_to_end(&mut Vec::new());
    });
    let run = run(plan_of(&url, 1, 5));
    assert_eq!(run.records.len(), 5);
    for record in &run.records {
        assert_eq!((record.outcome, record.error.as_str()), (Outcome::Status(503), "full"));
        assert!(!record.reopened);
        assert!(record.timeline.sent.is_none_or(|sent| record.timeline.end >= sent));
    }
}

/// A kept connection that has died is opened again, and the request reaches the server once.
#[test]
fn a_request_that_is_sent_again_reaches_the_server_once() {
    let url = scripted(|mut stream, number| {
        let seq = next_request(&mut stream).unwrap();
        assert_eq!(seq, number as u64);
        stream.write_all(reply(seq + 1).as_bytes()).unwrap();
        drop(stream);
    });
    let mut plan = plan_of(&url, 1, 3);
    plan.load = closed(1);
    assert_own_replies(&run(plan));
}

/// One HTTP/2 frame.
fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = (payload.len() as u32).to_be_bytes();
    [&length[1..], &[kind, flags], &stream.to_be_bytes(), payload].concat()
}

const DATA: u8 = 0;
const HEADERS: u8 = 1;
const SETTINGS: u8 = 4;
const PING: u8 = 6;
const END_STREAM: u8 = 1;
const END_HEADERS: u8 = 4;

/// Head and body of a reply on `stream` that counts `tokens`.
fn reply_on(stream: u32, tokens: u64) -> Vec<u8> {
    // `:status: 200` and `content-type`, by their places in the static table.
    let kind = b"text/event-stream";
    let head = [&[0x88, 0x0f, 0x10, kind.len() as u8], kind.as_slice()].concat();
    let body = events(tokens);
    let head = frame(HEADERS, END_HEADERS, stream, &head);
    [head, frame(DATA, END_STREAM, stream, body.as_bytes())].concat()
}

/// The streams of the requests that come over `client`, as each is whole; `None`: it has disconnected.
fn next_stream(client: &mut TcpStream) -> Option<u32> {
    loop {
        let mut head = [0; 9];
        client.read_exact(&mut head).ok()?;
        let length = u32::from_be_bytes([0, head[0], head[1], head[2]]);
        client.read_exact(&mut vec![0; length as usize]).ok()?;
        let stream = u32::from_be_bytes([head[5], head[6], head[7], head[8]]);
        if matches!(head[3], DATA | HEADERS) && head[4] & END_STREAM != 0 {
            return Some(stream);
        }
    }
}

/// Over HTTP/2 a ping is not a reply, and a reply on a stream that was not opened is an API plugin error.
#[test]
fn over_http2_a_reply_on_an_unopened_stream_is_an_error() {
    for (stray, reopened) in [(frame(PING, 0, 0, &[7; 8]), false), (reply_on(3, STRAY), true)] {
        let url = scripted(move |mut client, _| {
            client.read_exact(&mut [0; 24]).unwrap();
            client.write_all(&frame(SETTINGS, 0, 0, &[])).unwrap();
            client.write_all(&frame(SETTINGS, 1, 0, &[])).unwrap();
            while let Some(stream) = next_stream(&mut client) {
                let sent = client.write_all(&reply_on(stream, 1));
                std::thread::sleep(ms(50));
                if sent.and_then(|()| client.write_all(&stray)).is_err() {
                    return;
                }
            }
        });
        let mut bench = Bench::new(plan_of(&url, 1, 1));
        bench.plan.target.http2 = true;
        (bench.dataset.turns, bench.dataset.pause) = (2, 0.6);
        let run = bench.run();
        assert_eq!(run.records.len(), 2);
        for record in &run.records {
            assert_eq!((record.outcome, record.error.as_str()), (Outcome::Ok, ""));
            assert_eq!(record.usage.output_tokens, Some(1));
        }
        assert_eq!(run.sorted()[1].reopened, reopened);
    }
}
