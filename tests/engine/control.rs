//! Early ends of a run: drained, aborted, the server gone, a sink failed. And samples.

use crate::fakes::FakeApi;
use crate::rig::{
    Bench, PATIENCE, Run, Starved, closed, faulty, id, ms, paced, plan_of, start, truth,
};
use loadwright_core::arrival::{Arrival, Process};
use loadwright_core::outcome::Outcome;
use loadwright_core::plan::{Load, Plan};
use loadwright_core::sample::EndReason;
use loadwright_sim::{Config, Fault, Script, Server};
use loadwright_timing::clock;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, Mutex};

fn endless(url: &str) -> [Plan; 3] {
    let closed_loop = plan_of(url, 6, u64::MAX / 2);
    let mut two = closed_loop.clone();
    two.engine.threads = 2;
    let mut open = closed_loop.clone();
    let arrival = Arrival { rate: 300.0, process: Process::Poisson };
    open.load = Load::Open { arrival, max_in_flight: None };
    [closed_loop, two, open]
}

#[test]
fn a_drained_run_completes_what_is_in_flight_and_starts_nothing() {
    for index in 0..3 {
        let server = start(paced(20, 3));
        let plan = endless(&server.url())[index].clone();
        let stopped = Mutex::new(0);
        let run = Bench::new(plan).run_beside(|stop| {
            server.wait_for_requests(15, PATIENCE).expect("requests come");
            stop.drain();
            *stopped.lock().unwrap() = clock::now();
        });
        assert_eq!(run.point_end.end_reason, EndReason::Interrupted);
        let number = run.records.len() as u64;
        run.assert_all_ok(number);
        assert!(number >= 15);
        let served = truth(&server, number);
        assert!(served.values().all(|served| served.complete));
        let stopped = *stopped.lock().unwrap();
        assert!(run.records.iter().all(|record| record.timeline.scheduled <= stopped));
    }
}

#[test]
fn an_aborted_run_records_everything_in_flight_as_cancelled() {
    for index in 0..2 {
        let server = start(faulty([Fault::Stall { after: 2, ms: None }]));
        let plan = endless(&server.url())[index].clone();
        let bench = Bench { api: FakeApi::tokens(8), ..Bench::new(plan) };
        let progress = bench.control.progress.clone();
        let run = bench.run_beside(|stop| {
            server.wait_for_requests(6, PATIENCE).expect("six workers send");
            stop.drain();
            stop.abort();
        });
        assert_eq!(run.point_end.end_reason, EndReason::Interrupted);
        assert_eq!(run.sorted().len(), 6);
        for record in &run.records {
            assert_eq!((record.outcome, record.last_attempt), (Outcome::Cancelled, true));
            assert_eq!(record.error, "stopped by the user");
            assert!(record.timeline.sent.is_some());
        }
        assert_eq!((progress.in_flight.load(Relaxed), progress.done.load(Relaxed)), (0, 0));
        truth(&server, 6);
    }
}

#[test]
fn a_warm_up_can_be_aborted_too() {
    let server = start(faulty([Fault::Stall { after: 0, ms: None }]));
    let mut plan = plan_of(&server.url(), 3, 10);
    (plan.limits.warmup, plan.engine.threads) = (5, 2);
    let run = Bench::new(plan).run_beside(|stop| {
        server.wait_for_requests(3, PATIENCE).expect("three workers send");
        stop.abort();
    });
    assert_eq!(run.records.len(), 3);
    assert!(run.records.iter().all(|record| record.warmup));
}

#[test]
fn a_server_that_is_gone_ends_the_point() {
    for index in 0..3 {
        let mut server = start(paced(5, 1));
        let mut bench = Bench::new(endless(&server.url())[index].clone());
        bench.control.give_up = ms(300);
        let progress = bench.control.progress.clone();
        let run = bench.run_beside(|_| {
            server.wait_for_ended(20, PATIENCE).expect("requests come");
            server.stop();
        });
        assert_eq!(run.point_end.end_reason, EndReason::ServerGone);
        // Every slot that began is recorded, without a gap.
        let records = run.sorted();
        assert!(records.iter().enumerate().all(|(place, record)| record.seq == place as u64));
        assert_eq!(progress.done.load(Relaxed), records.len() as u64);
        let (ok, failed): (Vec<_>, Vec<_>) =
            records.iter().partition(|record| record.outcome.is_ok());
        assert!(ok.len() >= 15, "{} succeeded", ok.len());
        assert!(failed.iter().any(|record| record.outcome == Outcome::Refused));
        let gone = [Outcome::Refused, Outcome::Reset, Outcome::Truncated];
        assert!(failed.iter().all(|record| gone.contains(&record.outcome)));
        let known = server.truth();
        for record in ok {
            assert!(known.iter().any(|served| served.request_id == id(0, record)));
        }
    }
}

/// A server that accepts connections and resets them counts as gone, and is not retried in a loop.
#[test]
fn a_server_that_only_resets_is_gone_too() {
    let server = start(faulty([Fault::Drop]));
    let mut bench = Bench::new(endless(&server.url())[0].clone());
    bench.plan.load = closed(1);
    bench.control.give_up = ms(250);
    let run = bench.run();
    assert_eq!(run.point_end.end_reason, EndReason::ServerGone);
    let records = run.sorted();
    for pair in records.windows(2) {
        assert!(pair[1].timeline.scheduled >= pair[0].timeline.end + 100_000_000);
    }
    assert!(records.len() >= 3);
}

/// Streams that continue show that the server is there, however long new connections fail.
#[test]
fn a_server_that_streams_is_not_gone() {
    let server = start(paced(5, 10));
    let arrival = Arrival { rate: 100.0, process: Process::Constant };
    let mut plan = plan_of(&server.url(), 1, 60);
    plan.load = Load::Open { arrival, max_in_flight: None };
    let mut bench = Bench { api: FakeApi::tokens(150), ..Bench::new(plan) };
    bench.control.give_up = ms(200);
    let progress = bench.control.progress.clone();
    let run = bench.run_beside(|_| {
        server.wait_for_requests(3, PATIENCE).expect("requests come");
        server.pause_accepting();
    });
    assert_eq!((run.point_end.end_reason, run.records.len()), (EndReason::Completed, 60));
    assert_eq!(progress.done.load(Relaxed), 60);
    let failed = run.records.iter().filter(|record| !record.outcome.is_ok()).count();
    // The server would be given up after twenty failed slots, and there were more.
    assert!((25..58).contains(&failed), "{failed} failed");
}

#[test]
fn a_server_that_comes_back_is_used_again() {
    let server = start(Config { script: Script::always([Fault::Close]), ..paced(5, 1) });
    let bench = Bench::new(plan_of(&server.url(), 2, 60));
    let progress = bench.control.progress.clone();
    let run = bench.run_beside(|_| {
        server.wait_for_ended(5, PATIENCE).expect("requests come");
        server.pause_accepting();
        while progress.failed.load(Relaxed) < 2 {
            std::thread::yield_now();
        }
        server.resume_accepting();
    });
    assert_eq!((run.point_end.end_reason, run.sorted().len()), (EndReason::Completed, 60));
    let ok = run.records.iter().filter(|record| record.outcome.is_ok()).count() as u64;
    assert!((5..60).contains(&ok), "{ok} succeeded");
    truth(&server, ok);
    for record in run.records.iter().filter(|record| !record.outcome.is_ok()) {
        // A connection that waited in the listener's queue is reset.
        assert!(matches!(record.outcome, Outcome::Refused | Outcome::Reset | Outcome::Truncated));
    }
}

#[test]
fn a_failed_sink_ends_the_point() {
    let server = start(paced(5, 1));
    let mut bench = Bench::new(endless(&server.url())[0].clone());
    bench.full_at = Some(10);
    let run = bench.run();
    assert_eq!(run.point_end.end_reason, EndReason::OutputFailed);
    assert_eq!((run.records.len(), run.notices), (10, vec!["the disk is full".to_owned()]));
}

#[test]
fn samples_count_starvation() {
    // The item is generated once a sample reports that a worker waits for it.
    let run = held_at_16(plan_of("", 4, 40), |_, starved| starved.wait());
    run.assert_all_ok(40);
    assert!(!run.samples.is_empty() && run.samples.is_sorted_by_key(|sample| sample.at));
    let sum = |of: fn(&loadwright_core::sample::Sample) -> u64| -> u64 {
        run.samples.iter().map(of).sum()
    };
    // Free workers wait for the held item, and for others if the preparers get no processor; a slot
    // that is waited for counts once.
    assert!((1..=40).contains(&sum(|sample| sample.starved)));
    assert!(sum(|sample| sample.generate) > 0 && sum(|sample| sample.format) > 0);
    assert!(sum(|sample| sample.interpret) > 0);
    assert_eq!(sum(|sample| sample.stalls), 0);
    assert_eq!(run.samples.last().unwrap().backlog, 0, "bytes are left to be read");
    assert_eq!(run.samples.last().unwrap().in_flight, 0);
}

#[test]
fn starvation_in_the_warm_up_is_not_sampled() {
    // The held item and those of its batch: the last of the warm-up, and all that are measured.
    let mut plan = plan_of("", 4, 8);
    plan.limits.warmup = 24;
    // The item is generated once the sixteen before it were served.
    let run = held_at_16(plan, |server, _| server.wait_for_ended(16, PATIENCE).is_some());
    run.assert_all_ok(32);
    assert!(!run.samples.is_empty());
    assert_eq!(run.samples.iter().map(|sample| sample.starved).sum::<u64>(), 0);
}

/// Runs `plan` with a dataset that generates item 16 only once `free` has returned true.
fn held_at_16(
    mut plan: Plan,
    free: impl Fn(&Server, &Starved) -> bool + Send + Sync + 'static,
) -> Run {
    let server = Arc::new(start(paced(2, 1)));
    plan.target.url = format!("{}/v1/chat/completions", server.url());
    let mut bench = Bench::new(plan);
    let (seen, starved) = (Arc::clone(&server), Arc::clone(&bench.starved));
    bench.dataset.before = Some(Arc::new(move |item| {
        if item != 16 || free(&seen, &starved) {
            return Ok(());
        }
        Err("the event did not come".to_owned())
    }));
    bench.run()
}
