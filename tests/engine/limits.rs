//! Limits on replies: one that is endless or too large ends as `too_large` with what was measured so
//! far, and its memory is freed.

use crate::fakes::FakeApi;
use crate::raw_server::{read_request, silent};
use crate::rig::{Bench, plan, plan_of};
use loadwright_core::outcome::Outcome;
use loadwright_core::plan::{Plan, ReplyLimits};
use std::io::Write as _;
use std::net::TcpStream;

const MIB: usize = 1 << 20;

/// What the server sends repeatedly.
#[derive(Clone, Copy)]
enum Endless {
    /// Events with text.
    Events,
    /// One endless event.
    Event,
    /// One endless line.
    Line,
    /// The body of an error.
    Error,
}

impl Endless {
    fn head(self) -> &'static str {
        match self {
            Self::Events | Self::Event => {
                "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n"
            }
            Self::Line => "HTTP/1.1 200 OK\r\ncontent-type: application/x-ndjson\r\n\r\n",
            Self::Error => "HTTP/1.1 500 Oh\r\n\r\n",
        }
    }

    fn piece(self) -> String {
        let event = r#"data: {"choices":[{"delta":{"content":"word "}}]}"#;
        match self {
            Self::Events => format!("{event}\n\n").repeat(100),
            Self::Event => "data: xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\n".repeat(100),
            Self::Line | Self::Error => "x".repeat(4096),
        }
    }
}

/// A server whose replies end only when the client disconnects: its URL, and a thread that returns
/// how many pieces each reply had by then.
fn endless(what: Endless, requests: usize) -> (String, std::thread::JoinHandle<Vec<usize>>) {
    let (listener, url) = silent();
    let server = std::thread::spawn(move || {
        let serve = move |mut stream: TcpStream| {
            read_request(&mut stream);
            let (piece, mut sent) = (what.piece(), 0);
            let _ = stream.write_all(what.head().as_bytes());
            while stream.write_all(piece.as_bytes()).is_ok() {
                sent += piece.len();
            }
            sent
        };
        let streams = (0..requests).map(|_| listener.accept().unwrap().0);
        let serving: Vec<_> =
            streams.map(|stream| std::thread::spawn(move || serve(stream))).collect();
        serving.into_iter().map(|one| one.join().unwrap()).collect()
    });
    (url, server)
}

fn limited(url: &str, bytes: usize, frames: u64, memory: usize) -> Plan {
    let replies = ReplyLimits { bytes: bytes as u64, frames, memory: memory as u64 };
    let mut plan = plan(url);
    plan.engine.replies = replies;
    plan
}

#[test]
fn an_endless_reply_is_too_large_and_keeps_what_was_measured() {
    for (bytes, frames, words) in [
        (3 * MIB, u64::MAX, "larger than 3 MiB; see --max-reply-size"),
        (64 * MIB, 20_000, "more than 20000 frames; see --max-reply-frames"),
    ] {
        let (url, server) = endless(Endless::Events, 1);
        let run = Bench::new(limited(&url, bytes, frames, 256 * MIB)).run();
        let record = run.only();
        assert_eq!(record.outcome, Outcome::TooLarge, "{}", record.error);
        assert!(record.error.contains(words), "{}", record.error);
        let sent = record.timeline.sent.unwrap();
        assert!(record.frames[0].at >= sent && record.streamed && record.status == Some(200));
        assert!(record.frames.is_sorted_by_key(|frame| frame.at));
        // A frame of ours has 51 bytes: all that came is there, and little came beyond the limit.
        let (came, most) = (record.frames.len() as u64, frames.min(bytes as u64 / 51));
        assert!((most..most + 4_000).contains(&came), "{came} frames, {most} allowed");
        assert!(server.join().unwrap()[0] >= came as usize * 51);
    }
}

#[test]
fn an_endless_frame_has_its_own_limit() {
    for what in [Endless::Event, Endless::Line] {
        let (url, server) = endless(what, 1);
        let run = Bench::new(limited(&url, 64 * MIB, u64::MAX, 256 * MIB)).run();
        let record = run.only();
        assert_eq!(record.outcome, Outcome::TooLarge, "{}", record.error);
        assert!(record.error.contains("longer than 16777216 bytes"), "{}", record.error);
        server.join().unwrap();
    }
}

#[test]
fn an_endless_error_body_is_still_that_error() {
    let (url, server) = endless(Endless::Error, 1);
    let run = Bench::new(limited(&url, 2 * MIB, u64::MAX, 256 * MIB)).run();
    assert_eq!(run.only().outcome, Outcome::Status(500));
    assert_eq!(run.only().error, "x".repeat(4096));
    server.join().unwrap();
}

/// Each of them is within its own limits, but not all together: incomplete frames are held in the
/// engine thread, which no other limit covers.
#[test]
fn all_replies_together_have_a_limit() {
    for what in [Endless::Event, Endless::Line] {
        let (url, server) = endless(what, 8);
        let mut plan = limited(&url, 64 * MIB, u64::MAX, 24 * MIB);
        (plan.load, plan.limits) = (crate::rig::closed(8), plan_of(&url, 8, 8).limits);
        let run = Bench::new(plan).run();
        let records = run.sorted();
        assert_eq!(records.len(), 8);
        let together = |text: &str| text.contains("more than 24 MiB; see --max-reply-memory");
        let over = records.iter().filter(|record| together(&record.error)).count();
        assert!(over >= 1, "{}", records[0].error);
        for record in records {
            assert_eq!(record.outcome, Outcome::TooLarge, "{}", record.error);
        }
        server.join().unwrap();
    }
}

/// A reply that goes to `decode` is held as one piece until it ends.
#[test]
fn a_reply_for_decode_is_bounded_in_the_engine() {
    let (url, server) = endless(Endless::Events, 1);
    let plan = limited(&url, 64 * MIB, u64::MAX, 256 * MIB);
    let run = Bench { api: FakeApi::decoding(1, 0), ..Bench::new(plan) }.run();
    assert_eq!(run.only().outcome, Outcome::TooLarge);
    assert!(run.only().error.contains("16 MiB that are kept for `decode`"), "{}", run.only().error);
    server.join().unwrap();
}
