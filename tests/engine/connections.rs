//! Connections: reused, reopened if an idle one died, over TLS, HTTP/2, Unix sockets, IPv6.

use crate::fakes::FakeApi;
use crate::rig::{Bench, PATIENCE, Run, fast, id, ms, paced, plan_of, run, start, truth};
use loadwright_core::outcome::{Outcome, Stage};
use loadwright_core::plan::Plan;
use loadwright_core::record::Record;
use loadwright_sim::{Config, Fault, Script, Server};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Asserts that records and server agree on which connection carried what, and that only the record
/// that opened a connection has its phases. Returns the number of connections.
fn assert_agreement(run: &Run, server: &Server, tls: bool) -> u64 {
    let served = truth(server, run.records.len() as u64);
    let mut theirs = BTreeMap::new();
    let mut openers = BTreeSet::new();
    let mut sorted = run.sorted();
    sorted.sort_by_key(|record| record.timeline.sent);
    for record in sorted {
        let seen = served[&id(0, &record)].connection;
        assert_eq!(*theirs.entry(record.connection).or_insert(seen), seen);
        let opens = openers.insert(record.connection);
        assert_eq!(record.timeline.connect.is_some(), opens, "slot {}", record.seq);
        if opens {
            phases(&record, tls);
        }
    }
    assert_eq!(theirs.values().collect::<BTreeSet<_>>().len(), theirs.len());
    theirs.len() as u64
}

fn phases(record: &Record, tls: bool) {
    let connect = record.timeline.connect.unwrap();
    let ready = record.timeline.ready.unwrap();
    assert!(record.timeline.scheduled <= connect.start && connect.start <= connect.connected);
    assert_eq!((connect.resolved, connect.tls.is_some()), (None, tls));
    let last = connect.tls.unwrap_or(connect.connected);
    assert!(connect.connected <= last && last <= ready);
    assert!(ready <= record.timeline.sent.unwrap());
}

#[test]
fn a_worker_keeps_one_connection() {
    for (workers, threads) in [(1, 1), (5, 1), (6, 2)] {
        let server = start(paced(5, 1));
        let mut plan = plan_of(&server.url(), workers, 60);
        (plan.engine.threads, plan.limits.warmup) = (threads, 12);
        let run = run(plan);
        run.assert_all_ok(72);
        assert_eq!(assert_agreement(&run, &server, false), u64::from(workers));
        assert_eq!(server.counts().connections, u64::from(workers));
    }
}

#[test]
fn connections_are_closed_between_points() {
    let server = start(fast());
    for index in 0..3 {
        let mut plan = plan_of(&server.url(), 2, 10);
        plan.index = index;
        run(plan).assert_all_ok(10);
    }
    assert!((3..=6).contains(&server.counts().connections));
}

#[test]
fn a_connection_that_died_idle_is_reopened_once() {
    // The server closes after each reply without saying so.
    let server = start(Config { script: Script::always([Fault::CloseSilently]), ..fast() });
    let run = run(plan_of(&server.url(), 1, 6));
    run.assert_all_ok(6);
    truth(&server, 6);
    assert_eq!(server.counts().connections, 6);
    // Whether the close was seen before the next request or after it, nothing was lost; and only
    // a request that was sent again is marked.
    assert!(run.records.iter().all(|record| !record.reopened || record.timeline.connect.is_some()));
    assert!(!run.sorted()[0].reopened);
}

#[test]
fn an_idle_connection_that_the_server_closed_is_marked() {
    let server = start(Config { idle_close: Some(ms(30)), ..fast() });
    let mut bench = Bench::new(plan_of(&server.url(), 1, 1));
    // The pause between two turns is longer than the server's idle timeout.
    (bench.dataset.turns, bench.dataset.pause) = (3, 0.3);
    let run = bench.run();
    let records = run.sorted();
    assert!(records.iter().all(|record| record.outcome.is_ok()));
    let reopened: Vec<_> = records.iter().map(|record| record.reopened).collect();
    assert_eq!(reopened, [false, true, true]);
    assert_eq!(truth(&server, 3).len(), 3);
    assert_eq!(server.counts().connections, 3);
    for record in &records[1..] {
        let connect = record.timeline.connect.expect("it opened a connection");
        assert!(record.timeline.sent.unwrap() >= connect.connected);
    }
}

/// Nothing measured on the connection that died is part of the record.
#[test]
fn an_attempt_over_a_reopened_connection_has_its_own_times() {
    let script = Script::requests(1..=9, [Fault::SlowHead { ms: PATIENCE }]);
    let server = start(Config { idle_close: Some(ms(30)), script, ..fast() });
    let mut bench = Bench::new(plan_of(&server.url(), 1, 1));
    (bench.dataset.turns, bench.dataset.pause) = (2, 0.3);
    bench.plan.timeouts.read = ms(60);
    let run = bench.run();
    let record = &run.sorted()[1];
    assert_eq!((record.outcome, record.reopened), (Outcome::Timeout(Stage::Read), true));
    assert!(record.timeline.end >= record.timeline.sent.unwrap() + 60_000_000);
}

#[test]
fn a_new_connection_that_dies_is_a_failure() {
    let server = start(Config { script: Script::always([Fault::Drop]), ..fast() });
    let run = run(plan_of(&server.url(), 1, 3));
    assert!(run.records.iter().all(|record| !record.outcome.is_ok() && !record.reopened));
    truth(&server, 3);
}

fn secure(server: &Server) -> (tempfile::NamedTempFile, Plan) {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), server.certificate().unwrap()).unwrap();
    (file, plan_of(&server.url(), 3, 30))
}

#[test]
fn a_certificate_is_trusted_by_its_file_or_not_checked() {
    let server = start(Config { tls: true, ..paced(4, 1) });
    let (file, mut plan) = secure(&server);
    plan.target.ca_cert = Some(file.path().into());
    let trusted = run(plan.clone());
    trusted.assert_all_ok(30);
    assert!(trusted.point_end.kernel_timestamps);
    assert_eq!(assert_agreement(&trusted, &server, true), 3);
    (plan.target.ca_cert, plan.target.insecure) = (None, true);
    plan.index = 1;
    run(plan).assert_all_ok(30);
}

#[test]
fn http2_by_prior_knowledge_and_over_tls() {
    for tls in [false, true] {
        let server = start(Config { tls, http2: true, ..paced(4, 1) });
        let mut plan = plan_of(&server.url(), 3, 30);
        (plan.target.http2, plan.target.insecure) = (true, tls);
        let bench = Bench { api: FakeApi::tokens(5), ..Bench::new(plan) };
        let run = bench.run();
        run.assert_all_ok(30);
        assert_eq!(assert_agreement(&run, &server, tls), 3);
        assert!(!run.point_end.kernel_timestamps);
        for record in &run.records {
            assert_eq!((record.frames.len(), record.usage.output_tokens), (5, Some(5)));
            assert!(record.frames.iter().all(|frame| frame.at == frame.user));
        }
    }
}

#[test]
fn failures_over_http2_have_the_same_outcomes() {
    let outcome_within = |fault: Fault, limit: fn(&mut Plan)| {
        let script = Script::always([fault]);
        let server = start(Config { http2: true, script, ..fast() });
        let mut plan = plan_of(&server.url(), 1, 1);
        plan.target.http2 = true;
        limit(&mut plan);
        let run = run(plan);
        assert!(run.only().timeline.sent.is_some());
        run.only().outcome
    };
    let outcome = |fault: Fault| outcome_within(fault, |plan| plan.timeouts.read = ms(300));
    let slow = || Fault::SlowHead { ms: PATIENCE };
    assert_eq!(outcome(slow()), Outcome::Timeout(Stage::Read));
    let total = outcome_within(slow(), |plan| plan.timeouts.total = ms(200));
    assert_eq!(total, Outcome::Timeout(Stage::Total));
    assert_eq!(
        outcome(Fault::Status { code: 503, retry_after: None, body: None }),
        Outcome::Status(503)
    );
    assert_eq!(outcome(Fault::Stall { after: 1, ms: None }), Outcome::Timeout(Stage::Read));
    assert_eq!(outcome(Fault::ErrorEvent { after: 1 }), Outcome::StreamError);
    assert_eq!(outcome(Fault::Empty), Outcome::Empty);
    let cut = outcome(Fault::Cut { after: 1, reset: false });
    assert!(matches!(cut, Outcome::Truncated | Outcome::Reset), "{cut:?}");
}

#[test]
fn unix_sockets_with_timestamps_of_user_space() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("socket");
    let server = start(Config { unix_socket: Some(path.clone()), ..paced(4, 1) });
    let mut plan = plan_of("http://simulated", 2, 20);
    plan.target.unix_socket = Some(path);
    let run = run(plan);
    run.assert_all_ok(20);
    assert_eq!(assert_agreement(&run, &server, false), 2);
    assert!(!run.point_end.kernel_timestamps);
    let frames = run.records.iter().flat_map(|record| &record.frames);
    assert!(frames.into_iter().all(|frame| frame.at == frame.user));
}

#[test]
fn ipv6_if_the_machine_has_it() {
    let listen = "[::1]:0".parse().unwrap();
    let Ok(server) = Server::start(Config { listen, ..fast() }) else {
        eprintln!("this machine has no IPv6 loopback");
        return;
    };
    assert!(server.url().starts_with("http://[::1]:"));
    let run = run(plan_of(&server.url(), 2, 10));
    run.assert_all_ok(10);
    assert_agreement(&run, &server, false);
}

#[test]
fn a_name_is_looked_up_once_per_point() {
    let server = start(fast());
    let url = server.url().replace("127.0.0.1", "localhost");
    let run = run(plan_of(&url, 4, 40));
    run.assert_all_ok(40);
    let resolved = |record: &&Arc<Record>| {
        record.timeline.connect.is_some_and(|connect| connect.resolved.is_some())
    };
    let resolved = run.records.iter().filter(resolved).count();
    assert!((1..=4).contains(&resolved), "{resolved} records looked the name up");
}
