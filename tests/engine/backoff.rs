//! Backoff: between the attempts at a request, by `Retry-After`, and of workers that a service refuses.

use crate::raw_server::{read_request, silent};
use crate::rig::{Bench, PATIENCE, closed, faulty, ms, plan, plan_of, start, truth};
use loadwright_core::outcome::Outcome;
use loadwright_sim::{Fault, Server};
use loadwright_timing::clock;
use std::collections::BTreeMap;
use std::io::Write as _;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// The least delay after consecutive `failures`, in nanoseconds.
fn least(failures: u32) -> u64 {
    (100_000_000 << failures).min(2_000_000_000)
}

/// The wall clock.
fn wall() -> SystemTime {
    UNIX_EPOCH + Duration::from_nanos(clock::wall())
}

fn refusing(code: u16, retry_after: Option<u32>) -> Server {
    start(faulty([Fault::Status { code, retry_after, body: None }]))
}

#[test]
fn attempts_back_off_and_keep_the_scheduled_time_of_their_slot() {
    for fault in [Fault::Status { code: 500, retry_after: None, body: None }, Fault::Drop] {
        let server = start(faulty([fault]));
        let mut plan = plan(&server.url());
        plan.request.retries = 3;
        let records = Bench::new(plan).run().sorted();
        assert_eq!(records.len(), 4);
        for (failures, pair) in records.windows(2).enumerate() {
            let waited = pair[1].timeline.ready.unwrap() - pair[0].timeline.end;
            assert!(waited >= least(failures as u32), "{waited} ns after {failures} failures");
            assert_eq!(pair[1].timeline.scheduled, records[0].timeline.scheduled);
        }
        truth(&server, 4);
    }
}

#[test]
fn a_retry_comes_no_sooner_than_the_service_asks_for() {
    let server = refusing(429, Some(1));
    let mut plan = plan(&server.url());
    plan.request.retries = 1;
    let records = Bench::new(plan).run().sorted();
    assert!(records[1].timeline.ready.unwrap() >= records[0].timeline.end + 1_000_000_000);
    assert_eq!(records[1].timeline.scheduled, records[0].timeline.scheduled);
    truth(&server, 2);
}

#[test]
fn a_retry_comes_no_sooner_than_the_date_that_the_service_names() {
    let (listener, url) = silent();
    let server = std::thread::spawn(move || {
        // Dates are whole seconds: this one is between one and two seconds ahead.
        let date = httpdate::fmt_http_date(wall() + Duration::from_secs(2));
        let (mut stream, _) = listener.accept().unwrap();
        let mut times = Vec::new();
        for _ in 0..2 {
            read_request(&mut stream);
            times.push(wall());
            let head = format!("HTTP/1.1 503 Busy\r\nretry-after: {date}\r\n");
            write!(stream, "{head}content-length: 0\r\n\r\n").unwrap();
        }
        (httpdate::parse_http_date(&date).unwrap(), times)
    });
    let mut plan = plan(&url);
    plan.request.retries = 1;
    let run = Bench::new(plan).run();
    assert_eq!(run.records.len(), 2);
    let (date, times) = server.join().unwrap();
    assert!(times[0] < date && times[1] >= date, "{times:?}, asked for {date:?}");
}

#[test]
fn a_backoff_ends_when_the_user_stops_the_run() {
    let server = refusing(429, Some(60));
    let mut plan = plan(&server.url());
    plan.request.retries = 9;
    let run = Bench::new(plan).run_beside(|stop| {
        server.wait_for_ended(1, PATIENCE).expect("a first attempt");
        stop.drain();
    });
    // The stop may come before the first attempt is interpreted, or during the backoff after it.
    let records = run.sorted();
    assert!(records.len() <= 2 && records.last().unwrap().last_attempt);
    assert_eq!(records[0].outcome, Outcome::Status(429));
    for record in &records[1..] {
        assert_eq!((record.outcome, record.timeline.sent), (Outcome::Cancelled, None));
    }
    assert_eq!(server.counts().received, 1);
}

#[test]
fn workers_that_are_refused_back_off_and_are_counted() {
    for code in [429, 503] {
        let server = refusing(code, None);
        let run = Bench::new(plan_of(&server.url(), 3, 12)).run();
        let mut by_worker = BTreeMap::<u64, Vec<_>>::new();
        for record in run.sorted() {
            assert_eq!(record.outcome, Outcome::Status(code));
            by_worker.entry(record.connection).or_default().push(record);
        }
        assert_eq!(by_worker.len(), 3);
        for records in by_worker.values() {
            for (failures, pair) in records.windows(2).enumerate() {
                let waited = pair[1].timeline.scheduled - pair[0].timeline.end;
                assert!(waited >= least(failures as u32), "{waited} ns after {failures} failures");
            }
        }
        // Three workers wait between their slots, and may once more when none is left.
        let waits: u64 = run.samples.iter().map(|sample| sample.refusal_waits).sum();
        assert!((9..=12).contains(&waits), "{waits}");
        let waited: u64 = run.samples.iter().map(|sample| sample.refusal_wait).sum();
        assert!(waited >= 3 * least(0), "{waited} ns");
    }
}

#[test]
fn workers_obey_retry_after() {
    let server = refusing(503, Some(1));
    let run = Bench::new(plan_of(&server.url(), 1, 3)).run();
    for pair in run.sorted().windows(2) {
        assert!(pair[1].timeline.scheduled >= pair[0].timeline.end + 1_000_000_000);
    }
    assert_eq!(run.records.len(), 3);
}

/// The service asks for an hour, but no slots and no time are left.
#[test]
fn no_worker_backs_off_longer_than_the_load_lasts() {
    let server = refusing(429, Some(3_600));
    let mut plan = plan_of(&server.url(), 4, 4);
    assert_eq!(Bench::new(plan.clone()).run().records.len(), 4);
    (plan.limits.number, plan.limits.duration) = (None, Some(ms(300)));
    plan.load = closed(2);
    assert_eq!(Bench::new(plan).run().records.len(), 2);
}
