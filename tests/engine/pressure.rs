//! Bodies larger than what the network takes at once, and servers that answer before they have them.

use crate::rig::{Bench, PATIENCE, fast, ms, plan, plan_of, start, truth};
use crate::speak::Speaker;
use crate::wire::{narrow, read_head, silent};
use loadwright_core::outcome::{Outcome, Stage};
use loadwright_sim::Config;
use std::io::Write as _;

const LARGE: usize = 12 << 20;

fn large() -> Speaker {
    Speaker { padding: LARGE, ..Speaker::default() }
}

/// What the TLS layer has taken but the socket has not must be pushed on. Whether the socket is full
/// just at a body's end is chance, about one in three here.
#[test]
fn large_bodies_get_through_tls_to_their_end() {
    let server = start(Config { tls: true, ..fast() });
    let mut plan = plan_of(&narrow(server.address()), 4, 24);
    plan.target.insecure = true;
    plan.timeouts.read = ms(10_000);
    let padding = 1 << 20;
    let speaker = Speaker { padding, ..Speaker::default() };
    let run = Bench { speaker, ..Bench::new(plan) }.run();
    run.whole(24);
    truth(&server, 24);
    assert!(run.records.iter().all(|record| record.bytes_sent > padding as u64));
}

/// A refusal is seen when it comes, and the rest of the request does not meet the next one.
#[test]
fn an_answer_to_half_a_request_ends_it_and_its_connection() {
    let (listener, url) = silent();
    let server = std::thread::spawn(move || {
        // Connections stay open: a client that waits for more would wait for its timeout.
        let mut open = Vec::new();
        for _ in 0..3 {
            let (mut stream, _) = listener.accept().unwrap();
            assert!(read_head(&mut stream).starts_with("POST "));
            stream
                .write_all(b"HTTP/1.1 413 Content Too Large\r\ncontent-length: 5\r\n\r\nlarge")
                .unwrap();
            open.push(stream);
        }
        open
    });
    let run = Bench { speaker: large(), ..Bench::new(plan_of(&url, 1, 3)) }.run();
    let open = server.join().unwrap();
    assert_eq!(open.len(), 3);
    for record in run.sorted() {
        assert_eq!((record.outcome, &*record.error), (Outcome::Status(413), "large"));
        assert_eq!(record.connection, record.seq + 1);
        assert!(record.bytes_sent < LARGE as u64, "{}", record.bytes_sent);
        assert!(record.timeline.sent.is_some());
    }
}

#[test]
fn the_total_time_holds_while_a_connection_is_opened() {
    let (listener, url) = silent();
    let mut plan = plan(&url.replace("http:", "https:"));
    (plan.timeouts.connect, plan.timeouts.total) = (PATIENCE, ms(80));
    let run = Bench::new(plan).run();
    let record = run.only();
    assert_eq!(record.outcome, Outcome::Timeout(Stage::Total), "{}", record.error);
    assert!(record.timeline.end - record.timeline.scheduled < PATIENCE.as_nanos() as u64 / 2);
    drop(listener);
}
