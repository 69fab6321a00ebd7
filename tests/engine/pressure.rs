//! Bodies larger than the socket buffers, and servers that reply before they have read them.

use crate::fakes::FakeApi;
use crate::raw_server::{narrow, read_head, silent};
use crate::rig::{Bench, PATIENCE, fast, ms, plan, plan_of, start, truth};
use loadwright_core::outcome::{Outcome, Stage};
use loadwright_sim::Config;
use std::io::Write as _;

const LARGE: usize = 12 << 20;

fn large() -> FakeApi {
    FakeApi { padding: LARGE, ..FakeApi::default() }
}

/// Data that the TLS layer has accepted but the socket has not must be flushed. Whether the socket is
/// full exactly at a body's end is chance, about one in three here.
#[test]
fn large_bodies_are_sent_completely_over_tls() {
    let server = start(Config { tls: true, ..fast() });
    let mut plan = plan_of(&narrow(server.address()), 4, 24);
    plan.target.insecure = true;
    plan.timeouts.read = ms(10_000);
    let padding = 1 << 20;
    let api = FakeApi { padding, ..FakeApi::default() };
    let run = Bench { api, ..Bench::new(plan) }.run();
    run.assert_all_ok(24);
    truth(&server, 24);
    assert!(run.records.iter().all(|record| record.bytes_sent > padding as u64));
}

/// A refusal is read when it comes, and the rest of the request is not sent before the next one.
#[test]
fn a_reply_to_half_a_request_ends_it_and_its_connection() {
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
    let run = Bench { api: large(), ..Bench::new(plan_of(&url, 1, 3)) }.run();
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
