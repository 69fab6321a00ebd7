//! The closed loop: the number of requests, how many at a time, and when measuring begins.

use crate::fakes::FakeApi;
use crate::rig::{Bench, fast, id, most_together, ms, paced, plan_of, run, start, truth};
use loadwright_core::arrival::{Arrival, Process};
use loadwright_core::plan::Load;
use loadwright_core::sample::EndReason;
use std::collections::BTreeMap;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

#[test]
fn every_request_is_sent_and_recorded_once_whatever_the_workers() {
    for (workers, number) in [(1, 1), (1, 7), (3, 3), (5, 4), (8, 3), (4, 37), (16, 100)] {
        for threads in [1, 2] {
            let server = start(fast());
            let mut plan = plan_of(&server.url(), workers, number);
            plan.engine.threads = threads;
            let bench = Bench::new(plan);
            let progress = bench.control.progress.clone();
            let run = bench.run();
            run.assert_all_ok(number);
            assert_eq!(run.point_end.end_reason, EndReason::Completed);
            truth(&server, number);
            assert!(server.counts().connections <= u64::from(workers).min(number));
            assert_eq!(
                (progress.done.load(Relaxed), progress.in_flight.load(Relaxed)),
                (number, 0)
            );
            assert_eq!(progress.output_tokens.load(Relaxed), number * 3);
        }
    }
}

#[test]
fn no_more_are_in_flight_than_there_are_workers() {
    for (workers, threads) in [(1, 1), (5, 1), (5, 2), (2, 2)] {
        let server = start(paced(20, 5));
        let mut plan = plan_of(&server.url(), workers, u64::from(workers) * 5);
        plan.engine.threads = threads;
        run(plan).assert_all_ok(u64::from(workers) * 5);
        let served = truth(&server, u64::from(workers) * 5);
        assert_eq!(most_together(served.values()), workers as usize);
    }
}

#[test]
fn the_warm_up_ends_before_measuring_begins() {
    for (warmup, threads) in [(1, 1), (9, 1), (9, 2), (30, 2)] {
        let server = start(paced(10, 2));
        let mut plan = plan_of(&server.url(), 6, 20);
        (plan.engine.threads, plan.limits.warmup) = (threads, warmup);
        let bench = Bench::new(plan);
        let progress = bench.control.progress.clone();
        let run = bench.run();
        run.assert_all_ok(20 + warmup);
        assert_eq!(progress.done.load(Relaxed), 20, "the warm-up is counted");
        let served = truth(&server, 20 + warmup);
        let (mut warm_end, mut first) = (0, u64::MAX);
        for record in &run.records {
            assert_eq!(record.warmup, record.seq < warmup);
            let seen = &served[&id(0, record)];
            if record.warmup {
                warm_end = warm_end.max(record.timeline.end).max(*seen.frames.last().unwrap());
            } else {
                first = first.min(record.timeline.sent.unwrap()).min(seen.received);
            }
        }
        assert!(warm_end < first, "measured at {first}, warm until {warm_end}");
    }
}

#[test]
fn a_pace_delays_requests_and_the_worker_limit_holds() {
    for threads in [1, 2] {
        let server = start(fast());
        let mut plan = plan_of(&server.url(), 8, 60);
        let arrival = Arrival { rate: 400.0, process: Process::Poisson };
        plan.load = Load::Closed { workers: 8, ramp_up: Duration::ZERO, pace: Some(arrival) };
        plan.engine.threads = threads;
        let seed = plan.seed;
        let run = run(plan);
        run.assert_all_ok(60);
        let records = run.sorted();
        let scheduled: Vec<u64> = records.iter().map(|record| record.timeline.scheduled).collect();
        let offsets: Vec<u64> = arrival.offsets(seed).take(60).collect();
        let planned: Vec<u64> = offsets.iter().map(|offset| scheduled[0] + offset).collect();
        assert_eq!(scheduled, planned);
        for record in &records {
            assert!(record.timeline.sent.unwrap() >= record.timeline.scheduled);
        }
        assert!(most_together(truth(&server, 60).values()) <= 8);
    }
}

#[test]
fn a_pace_beyond_the_service_never_exceeds_the_workers() {
    let server = start(paced(10, 1));
    let mut plan = plan_of(&server.url(), 3, 30);
    let arrival = Arrival { rate: 100_000.0, process: Process::Constant };
    plan.load = Load::Closed { workers: 3, ramp_up: Duration::ZERO, pace: Some(arrival) };
    run(plan).assert_all_ok(30);
    assert_eq!(most_together(truth(&server, 30).values()), 3);
}

#[test]
fn workers_start_one_after_another_over_the_ramp() {
    let server = start(paced(10, 2));
    let mut plan = plan_of(&server.url(), 4, 80);
    plan.load = Load::Closed { workers: 4, ramp_up: ms(400), pace: None };
    let run = run(plan);
    run.assert_all_ok(80);
    let mut first = BTreeMap::new();
    for record in run.sorted() {
        first.entry(record.connection).or_insert(record.timeline.scheduled);
    }
    let mut first: Vec<u64> = first.into_values().collect();
    first.sort_unstable();
    assert_eq!(first.len(), 4);
    for (worker, scheduled) in first.iter().enumerate() {
        let wait = (scheduled - first[0]) as f64 / 1e6;
        assert!(wait >= 100.0 * worker as f64 - 5.0, "worker {worker} began after {wait} ms");
    }
}

#[test]
fn a_ramp_longer_than_the_load_does_not_outlast_it() {
    let server = start(fast());
    let mut plan = plan_of(&server.url(), 2, 10);
    // An hour between the workers: waiting for the second one would never end.
    plan.load = Load::Closed { workers: 2, ramp_up: ms(7_200_000), pace: None };
    run(plan).assert_all_ok(10);
    assert_eq!(truth(&server, 10).len(), 10);
}

#[test]
fn one_worker_sends_the_next_request_when_the_last_has_ended() {
    let server = start(paced(3, 1));
    let bench = Bench { api: FakeApi::tokens(4), ..Bench::new(plan_of(&server.url(), 1, 12)) };
    let run = bench.run();
    run.assert_all_ok(12);
    let served = truth(&server, 12);
    for pair in run.sorted().windows(2) {
        assert!(pair[1].timeline.scheduled >= pair[0].timeline.end);
        assert!(
            served[&id(0, &pair[1])].received > *served[&id(0, &pair[0])].frames.last().unwrap()
        );
    }
}
