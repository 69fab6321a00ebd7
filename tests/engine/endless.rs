//! Replies that do not end, or whose end is not marked: every limit holds, and no other connection
//! waits.

use crate::raw_server::{events, next_request, reply, scripted};
use crate::rig::{PATIENCE, Run, ms, plan_of, run};
use loadwright_core::outcome::{Outcome, Stage};
use loadwright_timing::clock;
use std::io::Write as _;
use std::net::TcpStream;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

/// Answers slot 0 with `head` and then `more` repeatedly, until `others` other requests have come;
/// those are answered immediately.
fn flood(head: &'static str, more: &'static str, others: u64) -> String {
    let came = AtomicU64::new(0);
    scripted(move |mut stream, _| {
        while let Some(seq) = next_request(&mut stream) {
            if seq > 0 {
                came.fetch_add(1, Relaxed);
                stream.write_all(reply(seq + 1).as_bytes()).unwrap();
                continue;
            }
            stream.write_all(head.as_bytes()).unwrap();
            let more = more.repeat(256 * 1024 / more.len());
            while came.load(Relaxed) < others && stream.write_all(more.as_bytes()).is_ok() {}
            return;
        }
    })
}

/// Beginnings of replies, and what may follow them endlessly.
fn floods() -> [(&'static str, &'static str); 3] {
    let chunked = [EVENTS, "transfer-encoding: chunked\r\n\r\n5;"].concat();
    [
        ([EVENTS, "\r\n"].concat().leak(), ": a comment\n\n"),
        ("HTTP/1.1 102 Processing\r\n\r\n", "HTTP/1.1 102 Processing\r\n\r\n"),
        (chunked.leak(), "an=extension;"),
    ]
}

fn since(begun: u64) -> Duration {
    Duration::from_nanos(clock::now() - begun)
}

const EVENTS: &str = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n";

#[test]
fn the_total_timeout_holds_against_a_server_that_never_pauses() {
    for (head, more) in floods() {
        let mut plan = plan_of(&flood(head, more, u64::MAX), 2, 400);
        plan.timeouts.total = ms(1_000);
        let begun = clock::now();
        let run = run(plan);
        assert!(since(begun) < Duration::from_secs(30), "{more}: {:?}", since(begun));
        let records = run.sorted();
        assert_eq!(records[0].outcome, Outcome::Timeout(Stage::Total), "{more}");
        assert_eq!(records.iter().filter(|record| record.outcome.is_ok()).count(), 399);
    }
}

/// The endless reply ends once another request on the same thread was answered; if that starved, the
/// reply would run into the timeout.
#[test]
fn an_endless_reply_does_not_starve_other_connections() {
    for (head, more) in floods() {
        let run = run(plan_of(&flood(head, more, 50), 2, 400));
        let records = run.sorted();
        assert_eq!(records[0].outcome, Outcome::Truncated, "{more}: {}", records[0].error);
        assert_eq!(records.iter().filter(|record| record.outcome.is_ok()).count(), 399);
    }
}

/// Answers each request up to its end mark; the rest of the chunked body is for `rest`.
fn marked(rest: impl Fn(&mut TcpStream) + Send + Sync + 'static) -> String {
    scripted(move |mut stream, _| {
        while let Some(seq) = next_request(&mut stream) {
            let events = events(seq + 1);
            let size = events.len();
            let head = [EVENTS, "transfer-encoding: chunked\r\n\r\n"].concat();
            stream.write_all(format!("{head}{size:x}\r\n{events}\r\n").as_bytes()).unwrap();
            rest(&mut stream);
        }
    })
}

fn whole(run: &Run) {
    run.assert_all_ok(4);
    for record in run.sorted() {
        assert_eq!(record.usage.output_tokens, Some(record.seq as u32 + 1));
    }
    // A reply ends with what came of it, not with the wait of 100 ms for more; that others keep the
    // thread from its processor for as long does not happen each time.
    let waits =
        run.records.iter().map(|record| record.timeline.end - record.frames.last().unwrap().at);
    assert!(waits.min().unwrap() < 90_000_000);
}

#[test]
fn a_body_that_continues_after_its_end_mark_is_abandoned() {
    let url = marked(|_| {});
    let begun = clock::now();
    let run = run(plan_of(&url, 1, 4));
    whole(&run);
    assert!(since(begun) < PATIENCE / 2, "{:?}", since(begun));
    assert!(run.records.iter().all(|record| record.timeline.connect.is_some()));
    assert!(run.records.iter().all(|record| !record.reopened));
}

#[test]
fn a_body_that_ends_soon_after_its_end_mark_keeps_its_connection() {
    let url = marked(|stream| {
        std::thread::sleep(ms(5));
        stream.write_all(b"0\r\n\r\n").unwrap();
    });
    let run = run(plan_of(&url, 1, 4));
    run.assert_all_ok(4);
    let opened = run.records.iter().filter(|record| record.timeline.connect.is_some()).count();
    assert!(opened < 4, "no connection was used again");
}

#[test]
fn an_endless_body_after_the_end_mark_is_abandoned() {
    let url = marked(|stream| {
        let more =
            format!("10000\r\n{}\r\n", ": and more\n".repeat(0x10000 / 11 + 1).split_at(0x10000).0);
        while stream.write_all(more.as_bytes()).is_ok() {}
    });
    let begun = clock::now();
    let run = run(plan_of(&url, 1, 4));
    run.assert_all_ok(4);
    assert!(since(begun) < PATIENCE / 2, "{:?}", since(begun));
}
