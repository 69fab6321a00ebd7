//! Every outcome, caused by a fault of the server or of the environment, with its error text.

use crate::child;
use crate::fakes::{FakeApi, FakeDataset};
use crate::raw_server::{Canned, silent};
use crate::rig::{Bench, closed, fast, faulty, ms, paced, plan, plan_of, run, start, truth};
use loadwright_core::outcome::{Outcome, Stage};
use loadwright_core::plan::{FailurePolicy, Plan};
use loadwright_core::record::Record;
use loadwright_core::sample::EndReason;
use loadwright_sim::{Body, Config, Fault, Replies};
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

/// The record of a request to a server with `faults`.
fn record_of(faults: impl Into<Vec<Fault>>) -> Arc<Record> {
    record_with(faults, |_| {})
}

fn record_with(faults: impl Into<Vec<Fault>>, limit: impl Fn(&mut Plan)) -> Arc<Record> {
    let server = start(faulty(faults));
    let mut plan = plan(&server.url());
    limit(&mut plan);
    let bench = Bench { api: FakeApi::tokens(8), ..Bench::new(plan) };
    let progress = bench.control.progress.clone();
    let run = bench.run();
    run.only();
    let counts = (progress.done.load(Relaxed), progress.failed.load(Relaxed));
    assert_eq!(counts, (1, 1), "{:?}", run.only().outcome);
    assert!(run.only().timeline.end > 0 && run.only().last_attempt);
    truth(&server, 1);
    run.records[0].clone()
}

fn assert_outcome(record: &Record, outcome: Outcome, words: &str) {
    assert!(!words.is_empty(), "every error contains the empty text");
    assert_eq!(record.outcome, outcome, "{}", record.error);
    assert!(record.error.contains(words), "{}", record.error);
}

/// The record of a request to `url`.
fn record_at(url: &str, change: impl Fn(&mut Plan)) -> Arc<Record> {
    let mut plan = plan(url);
    change(&mut plan);
    let run = run(plan);
    run.only();
    run.records[0].clone()
}

#[test]
fn connections_that_are_refused() {
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let record = record_at(&format!("http://{free}"), |_| {});
    assert_outcome(&record, Outcome::Refused, &format!("connecting to {free}: "));
    assert_eq!((record.connection, record.timeline.sent, record.status), (0, None, None));
    let record =
        record_at("http://h", |plan| plan.target.unix_socket = Some("no/such.sock".into()));
    assert_outcome(&record, Outcome::Refused, "connecting to no/such.sock: ");
}

#[test]
fn names_that_do_not_resolve() {
    let record = record_at("http://nowhere.invalid", |_| {});
    assert_outcome(&record, Outcome::Dns, "looking up nowhere.invalid: ");
}

#[test]
fn addresses_that_cannot_be_reached() {
    assert_outcome(
        &record_at("http://255.255.255.255:9", |_| {}),
        Outcome::Connect,
        "connecting to 255.255.",
    );
}

#[test]
fn tls_handshakes_that_fail() {
    let plain = start(fast());
    let record = record_at(&plain.url().replace("http:", "https:"), |_| {});
    assert_outcome(&record, Outcome::Tls, "TLS handshake: ");
    let untrusted = start(Config { tls: true, ..fast() });
    assert_outcome(&record_at(&untrusted.url(), |_| {}), Outcome::Tls, "certificate");
    let old = |plan: &mut Plan| (plan.target.http2, plan.target.insecure) = (true, true);
    assert_outcome(
        &record_at(&untrusted.url(), old),
        Outcome::Tls,
        "share no version of HTTP; leave out --http2",
    );
}

#[test]
fn connections_that_take_too_long() {
    let (listener, url) = silent();
    let record = record_at(&url.replace("http:", "https:"), |plan| plan.timeouts.connect = ms(60));
    assert_outcome(&record, Outcome::Timeout(Stage::Connect), "within 0.06 s");
    assert!(record.timeline.end - record.timeline.scheduled >= 60_000_000);
    drop(listener);
}

#[test]
fn silence_before_and_within_a_reply() {
    let (listener, url) = silent();
    let record = record_at(&url, |plan| plan.timeouts.read = ms(50));
    assert_outcome(&record, Outcome::Timeout(Stage::Read), "nothing arrived for 0.05 s");
    assert!(record.timeline.end - record.timeline.sent.unwrap() >= 50_000_000);
    drop(listener);
    for after in [1, 4] {
        let stall = [Fault::Stall { after, ms: None }];
        let record = record_with(stall, |plan| plan.timeouts.read = ms(80));
        assert_outcome(&record, Outcome::Timeout(Stage::Read), "nothing arrived for 0.08 s");
        assert_eq!((record.status, record.frames.len()), (Some(200), after as usize));
        let last = record.frames.last().unwrap().at;
        assert!(record.timeline.end - last >= 79_000_000);
    }
}

#[test]
fn replies_that_take_too_long_in_total() {
    let server = start(paced(10, 20));
    let mut plan = plan(&server.url());
    plan.timeouts.total = ms(100);
    let run = Bench { api: FakeApi::tokens(500), ..Bench::new(plan) }.run();
    let record = run.only();
    assert_outcome(record, Outcome::Timeout(Stage::Total), "not over within 0.1 s");
    assert!(record.timeline.end - record.timeline.ready.unwrap() >= 100_000_000);
    assert!(!record.frames.is_empty());
}

#[test]
fn statuses_with_the_start_of_their_body() {
    let long = "overloaded ".repeat(1_000);
    for (body, length) in [(Some("busy".to_owned()), 4), (Some(long), 4_096)] {
        let record =
            record_of([Fault::Status { code: 429, retry_after: Some(3), body: body.clone() }]);
        assert_eq!((record.outcome, record.status), (Outcome::Status(429), Some(429)));
        assert_eq!(record.error, body.unwrap()[..length].trim());
    }
    let record = record_of([Fault::Status { code: 500, retry_after: None, body: None }]);
    assert_outcome(&record, Outcome::Status(500), "error");
}

#[test]
fn a_bad_status_is_kept_if_the_connection_closes_within_its_body() {
    let head = "HTTP/1.1 413 Too Large\r\ncontent-length: 90\r\n\r\nthe prompt is too long";
    let server = Canned::start(head);
    assert_outcome(&record_at(&server.url, |_| {}), Outcome::Status(413), "the prompt is too long");
}

#[test]
fn connections_that_end_before_any_reply() {
    assert_outcome(&record_of([Fault::Drop]), Outcome::Truncated, "before its reply was complete");
    assert_outcome(&record_of([Fault::Reset]), Outcome::Reset, "reset");
}

#[test]
fn truncated_replies_with_every_delimiter() {
    let cut = Fault::Cut { after: 3, reset: false };
    let chunked = record_of([cut.clone(), Fault::Body(Body::Chunked)]);
    assert_outcome(&chunked, Outcome::Truncated, "in the middle of the reply");
    assert_eq!(chunked.frames.len(), 3);
    assert_outcome(
        &record_of([cut.clone(), Fault::Body(Body::Length)]),
        Outcome::Truncated,
        "middle of the reply",
    );
    let open = record_of([cut, Fault::Body(Body::UntilClose)]);
    assert_outcome(&open, Outcome::Truncated, "without its end mark and without a finish reason");
    let reset = record_of([Fault::Cut { after: 3, reset: true }]);
    assert_outcome(&reset, Outcome::Reset, "reset");
}

#[test]
fn truncated_replies_that_are_not_streamed() {
    let server = start(faulty([Fault::Cut { after: 1, reset: false }]));
    let api = FakeApi { stream: false, ..FakeApi::default() };
    let run = Bench { api, ..Bench::new(plan(&server.url())) }.run();
    assert_outcome(run.only(), Outcome::Truncated, "in the middle of the reply");
}

#[test]
fn replies_without_output() {
    let record = record_of([Fault::Empty]);
    assert_outcome(&record, Outcome::Empty, "the reply has no output");
    assert!(record.frames.is_empty());
    for reply in ["HTTP/1.1 204 No Content\r\n\r\n", "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"]
    {
        assert_outcome(&record_at(&Canned::start(reply).url, |_| {}), Outcome::Empty, "no output");
    }
}

#[test]
fn errors_inside_a_reply_with_a_good_status() {
    let record = record_of([Fault::ErrorEvent { after: 2 }]);
    assert_eq!(record.outcome, Outcome::StreamError);
    assert_eq!((record.status, record.frames.len()), (Some(200), 2));
    assert!(!record.error.is_empty());
}

#[test]
fn malformed_replies() {
    assert_outcome(&record_of([Fault::GarbageHead]), Outcome::Malformed, "not HTTP/1.1");
    assert_outcome(
        &record_of([Fault::GarbageFrame { after: 2 }]),
        Outcome::Malformed,
        "frame 2 is not JSON",
    );
    let gzip = record_of([Fault::GzipClaim]);
    assert_outcome(&gzip, Outcome::Malformed, "gzip-encoded, although that was not requested");
    let chunks = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nxyz\r\n";
    assert_outcome(
        &record_at(&Canned::start(chunks).url, |_| {}),
        Outcome::Malformed,
        "chunks are malformed",
    );
    let length = "HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n";
    assert_outcome(
        &record_at(&Canned::start(length).url, |_| {}),
        Outcome::Malformed,
        "content-length",
    );
    let endless = format!("HTTP/1.1 200 OK\r\nx: {}", "y".repeat(70_000));
    assert_outcome(
        &record_at(&Canned::start(&endless).url, |_| {}),
        Outcome::Malformed,
        "larger than 64 KiB",
    );
}

#[test]
fn replies_too_large_for_decode() {
    // Twenty tokens of a mebibyte each; a reading plan takes them as they come.
    let vocabulary = vec!["w".repeat(1 << 20)];
    let replies = Replies { vocabulary, ..Replies::default() };
    let server = start(Config { replies, ..fast() });
    let plan = plan(&server.url());
    let decoding = Bench { api: FakeApi::decoding(20, 0), ..Bench::new(plan.clone()) }.run();
    assert_outcome(
        decoding.only(),
        Outcome::TooLarge,
        "larger than the 16 MiB that are kept for `decode`",
    );
    let reading = Bench { api: FakeApi::tokens(20), ..Bench::new(plan) }.run();
    reading.assert_all_ok(1);
    assert_eq!(reading.only().frames.len(), 20);
}

#[test]
fn plugins_that_fail_on_one_request() {
    let server = start(fast());
    let hook = |text: &'static str, bad: u64| -> crate::fakes::Hook {
        Arc::new(move |at| if at == bad { Err(text.into()) } else { Ok(()) })
    };
    let mut generate = Bench::new(plan_of(&server.url(), 1, 1));
    generate.dataset.before = Some(hook("no such item", 0));
    let run = generate.run();
    assert_outcome(run.only(), Outcome::Plugin, "plugin `fake` failed in generate: no such item");
    assert_eq!(run.only().timeline.sent, None);
    let mut format = Bench::new(plan_of(&server.url(), 1, 1));
    format.api.before_format = Some(hook("cannot say this", 1));
    assert_outcome(format.run().only(), Outcome::Plugin, "failed in format: cannot say this");
    assert_eq!(server.counts().received, 0, "a request that was never built was sent");
    let mut decode = Bench::new(plan_of(&server.url(), 1, 3));
    decode.api = FakeApi { before_decode: Some(hook("no sense", 1)), ..FakeApi::decoding(3, 0) };
    // Decoded together or one by one: what the plugin refuses fails, and the point continues.
    let run = decode.run();
    assert_eq!((run.records.len(), run.point_end.end_reason), (3, EndReason::Completed));
    let failed = |record: &&Arc<Record>| record.outcome == Outcome::Plugin;
    for record in run.records.iter().filter(failed) {
        assert_outcome(record, Outcome::Plugin, "plugin `fake` failed in decode: no sense");
    }
}

#[test]
fn a_plugin_that_fails_may_end_the_run() {
    let server = start(fast());
    let mut plan = plan_of(&server.url(), 2, 1_000_000);
    plan.engine.on_plugin_failure = FailurePolicy::FailRun;
    let mut bench = Bench::new(plan);
    let refuse = |item| if item == 40 { Err("it broke".to_owned()) } else { Ok(()) };
    bench.dataset = FakeDataset { before: Some(Arc::new(refuse)), ..FakeDataset::default() };
    let run = bench.run();
    assert_eq!(run.point_end.end_reason, EndReason::PluginFailed);
    let failed: Vec<_> = run.records.iter().filter(|record| !record.outcome.is_ok()).collect();
    assert_eq!((failed.len(), failed[0].outcome), (1, Outcome::Plugin));
    truth(&server, run.records.len() as u64 - 1);
}

#[test]
fn running_out_of_files_is_not_the_services_failure() {
    let server = start(fast());
    child::run("outcomes::in_a_child_without_files", &[("TEST_URL", &server.url())]);
}

#[test]
#[ignore = "lowers the process's limits: run in a child process by the test above"]
fn in_a_child_without_files() {
    let url = std::env::var("TEST_URL").expect("the parent names its server");
    // The engine's own descriptors fit; forty connections do not.
    let open = std::fs::read_dir("/proc/self/fd").unwrap().count() as u64;
    let (_, hard) = rlimit::Resource::NOFILE.get().unwrap();
    rlimit::Resource::NOFILE.set(open + 20, hard).unwrap();
    let mut plan = plan_of(&url, 40, 80);
    plan.load = closed(40);
    let run = run(plan);
    assert_eq!(run.sorted().len(), 80);
    let limited: Vec<_> =
        run.records.iter().filter(|record| record.outcome == Outcome::LocalLimit).collect();
    assert!(!limited.is_empty() && limited.len() < 80, "{} of 80 met the limit", limited.len());
    for record in &run.records {
        assert!(matches!(record.outcome, Outcome::Ok | Outcome::LocalLimit), "{}", record.error);
    }
    assert_eq!(run.point_end.end_reason, EndReason::Completed);
}
