//! Replies that do not end, or end without saying so: every limit holds, and nobody else waits.

use crate::rig::{PATIENCE, Run, ms, plan_of, run};
use crate::wire::{events, next_request, reply, scripted};
use loadwright_core::outcome::{Outcome, Stage};
use loadwright_core::record::Record;
use loadwright_stamps::clock;
use std::io::Write as _;
use std::net::TcpStream;
use std::sync::Arc;
use std::time::Duration;

/// Answers slot 0 with `head` and then `more` for as long as it is taken, every other request at
/// once.
fn flood(head: &'static str, more: &'static str) -> String {
    scripted(move |mut stream, _| {
        while let Some(seq) = next_request(&mut stream) {
            if seq > 0 {
                stream.write_all(reply(seq + 1).as_bytes()).unwrap();
                continue;
            }
            stream.write_all(head.as_bytes()).unwrap();
            let more = more.repeat(256 * 1024 / more.len());
            while stream.write_all(more.as_bytes()).is_ok() {}
            return;
        }
    })
}

fn since(begun: u64) -> Duration {
    Duration::from_nanos(clock::now() - begun)
}

const EVENTS: &str = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n";

#[test]
fn the_total_timeout_holds_against_a_server_that_never_pauses() {
    let floods = [
        ([EVENTS, "\r\n"].concat(), ": a comment\n\n"),
        ("HTTP/1.1 102 Processing\r\n\r\n".to_owned(), "HTTP/1.1 102 Processing\r\n\r\n"),
        ([EVENTS, "transfer-encoding: chunked\r\n\r\n5;"].concat(), "an=extension;"),
    ];
    for (head, more) in floods {
        let mut plan = plan_of(&flood(head.leak(), more), 2, 400);
        plan.timeouts.total = ms(1_000);
        let begun = clock::now();
        let run = run(plan);
        assert!(since(begun) < Duration::from_secs(30), "{more}: {:?}", since(begun));
        let records = run.sorted();
        assert_eq!(records[0].outcome, Outcome::Timeout(Stage::Total), "{more}");
        // The neighbour on the same thread is served meanwhile.
        let end = records[0].timeline.end;
        let meanwhile = |record: &&Arc<Record>| record.outcome.is_ok() && record.timeline.end < end;
        let served = records.iter().filter(meanwhile).count();
        assert_eq!(records.iter().filter(|record| record.outcome.is_ok()).count(), 399);
        assert!(served >= 20, "{more}: {served} were served beside it");
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
    run.whole(4);
    for record in run.sorted() {
        assert_eq!(record.usage.output_tokens, Some(record.seq as u32 + 1));
        // The reply ends with what came of it, not with the wait for more.
        assert!(record.timeline.end - record.frames.last().unwrap().at < 90_000_000);
    }
}

#[test]
fn a_body_that_goes_on_behind_its_end_mark_is_left_to_itself() {
    let url = marked(|_| {});
    let begun = clock::now();
    let run = run(plan_of(&url, 1, 4));
    whole(&run);
    assert!(since(begun) < PATIENCE / 2, "{:?}", since(begun));
    assert!(run.records.iter().all(|record| record.timeline.connect.is_some()));
    assert!(run.records.iter().all(|record| !record.reopened));
}

#[test]
fn a_body_that_ends_soon_behind_its_end_mark_leaves_its_connection() {
    let url = marked(|stream| {
        std::thread::sleep(ms(5));
        stream.write_all(b"0\r\n\r\n").unwrap();
    });
    let run = run(plan_of(&url, 1, 4));
    run.whole(4);
    let opened = run.records.iter().filter(|record| record.timeline.connect.is_some()).count();
    assert!(opened < 4, "no connection was used again");
}

#[test]
fn a_flood_behind_the_end_mark_is_left_to_itself() {
    let url = marked(|stream| {
        let more =
            format!("10000\r\n{}\r\n", ": and more\n".repeat(0x10000 / 11 + 1).split_at(0x10000).0);
        while stream.write_all(more.as_bytes()).is_ok() {}
    });
    let begun = clock::now();
    let run = run(plan_of(&url, 1, 4));
    run.whole(4);
    assert!(since(begun) < PATIENCE / 2, "{:?}", since(begun));
}
