//! Slots scheduled by arrivals: their times, those over the in-flight limit, and the end of the
//! duration.

use crate::raw_server::Gate;
use crate::rig::{
    Bench, PATIENCE, Run, closed, fast, id, most_together, ms, paced, plan, start, truth,
};
use loadwright_core::arrival::{Arrival, Process};
use loadwright_core::outcome::Outcome;
use loadwright_core::plan::{Load, Plan};
use loadwright_core::record::Record;
use loadwright_core::sample::EndReason;
use loadwright_sim::Config;
use loadwright_timing::clock;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

fn open(url: &str, rate: f64, process: Process, number: u64) -> Plan {
    let mut plan = plan(url);
    plan.load = Load::Open { arrival: Arrival { rate, process }, max_in_flight: None };
    plan.limits.number = Some(number);
    plan
}

/// Asserts that the measured slots are scheduled by the plan's arrivals, from one origin on.
fn assert_scheduled_as_drawn(plan: &Plan, run: &Run) {
    let Load::Open { arrival, .. } = plan.load else { panic!("an open loop") };
    let measured: Vec<_> = run.sorted().into_iter().filter(|record| !record.warmup).collect();
    let origin = measured[0].timeline.scheduled;
    for (record, offset) in measured.iter().zip(arrival.offsets(plan.seed)) {
        assert_eq!(record.timeline.scheduled - origin, offset, "slot {}", record.seq);
        if let Some(sent) = record.timeline.sent {
            assert!(sent >= record.timeline.scheduled, "slot {} was early", record.seq);
        }
    }
}

#[test]
fn slots_are_scheduled_by_the_arrivals() {
    let processes = [Process::Constant, Process::Poisson, Process::Gamma { burstiness: 0.5 }];
    for process in processes {
        for (threads, warmup) in [(1, 0), (2, 0), (2, 12)] {
            let server = start(fast());
            let mut plan = open(&server.url(), 800.0, process, 100);
            (plan.engine.threads, plan.limits.warmup) = (threads, warmup);
            let run = Bench::new(plan.clone()).run();
            run.assert_all_ok(100 + warmup);
            assert_scheduled_as_drawn(&plan, &run);
            truth(&server, 100 + warmup);
        }
    }
}

#[test]
fn arrivals_are_the_same_for_the_same_seed_only() {
    let server = start(fast());
    let gaps = |seed| {
        let mut plan = open(&server.url(), 2_000.0, Process::Poisson, 20);
        plan.seed = seed;
        let records = Bench::new(plan).run().sorted();
        let scheduled: Vec<u64> = records.iter().map(|record| record.timeline.scheduled).collect();
        scheduled.windows(2).map(|pair| pair[1] - pair[0]).collect::<Vec<_>>()
    };
    let first = gaps(1);
    assert_eq!(first, gaps(1));
    assert_ne!(first, gaps(2));
}

#[test]
fn late_slots_are_sent_immediately_and_keep_their_scheduled_time() {
    let server = Arc::new(start(fast()));
    let plan = open(&server.url(), 100_000.0, Process::Constant, 64);
    let mut bench = Bench::new(plan.clone());
    let seen = Arc::clone(&server);
    // The dataset waits until the server has received all requests before this one.
    bench.dataset.before = Some(Arc::new(move |item| {
        if item == 16 {
            seen.wait_for_requests(16, PATIENCE).ok_or("the first slots were not sent")?;
        }
        Ok(())
    }));
    let run = bench.run();
    run.assert_all_ok(64);
    assert_scheduled_as_drawn(&plan, &run);
    let served = truth(&server, 64);
    let records = run.sorted();
    let early = records[..16].iter().map(|record| served[&id(0, record)].received).max().unwrap();
    let late = records[16..].iter().map(|record| served[&id(0, record)].received).min().unwrap();
    assert!(early < late);
    let starved: u64 = run.samples.iter().map(|sample| sample.starved).sum();
    assert!(starved >= 1, "a slot found the queue empty, and no sample reports it");
}

#[test]
fn slots_over_the_limit_are_dropped_and_counted_even_in_a_burst() {
    for (rate, threads) in [(1_000.0, 1), (1e7, 1), (1e7, 2)] {
        let server = start(paced(150, 5));
        let mut plan = open(&server.url(), rate, Process::Constant, 60);
        let Load::Open { max_in_flight, .. } = &mut plan.load else { panic!() };
        *max_in_flight = Some(4);
        plan.engine.threads = threads;
        let bench = Bench::new(plan.clone());
        let progress = bench.control.progress.clone();
        let run = bench.run();
        assert_scheduled_as_drawn(&plan, &run);
        let records = run.sorted();
        let (dropped, sent): (Vec<_>, Vec<_>) =
            records.iter().partition(|record| record.outcome == Outcome::Dropped);
        assert_eq!(records.len(), 60);
        assert!(sent.iter().all(|record| record.outcome.is_ok()));
        assert!(sent.len() >= 4 && !dropped.is_empty());
        assert_eq!(progress.dropped.load(Relaxed), dropped.len() as u64);
        for record in dropped {
            assert_eq!((record.timeline.sent, record.connection), (None, 0));
            assert_eq!(record.error, "over --max-in-flight");
        }
        assert!(most_together(truth(&server, sent.len() as u64).values()) <= 4);
    }
}

#[test]
fn a_burst_of_late_slots_does_not_delay_those_in_flight() {
    let server = start(fast());
    let mut plan = open(&server.url(), 1e9, Process::Constant, 1_500);
    plan.seed = 3;
    let run = Bench::new(plan).run();
    run.assert_all_ok(1_500);
    let records = run.sorted();
    let last = records.last().unwrap().timeline.sent.unwrap();
    let ended = records.iter().filter(|record| record.timeline.end < last).count();
    // Replies come immediately: by the time the last one is sent, most of the others must be over.
    assert!(ended > 100, "only {ended} requests were served beside the burst");
}

#[test]
fn nothing_starts_after_the_duration() {
    let loads = [
        (closed(3), 1),
        (closed(4), 2),
        (Load::Open { arrival: constant(500.0), max_in_flight: None }, 1),
        (Load::Open { arrival: constant(500.0), max_in_flight: None }, 2),
    ];
    for (load, threads) in loads {
        let server = start(paced(8, 2));
        let mut plan = plan(&server.url());
        (plan.load, plan.engine.threads) = (load, threads);
        (plan.limits.number, plan.limits.duration) = (None, Some(ms(200)));
        let run = Bench::new(plan).run();
        assert_eq!(run.point_end.end_reason, EndReason::Completed);
        // The time counts from no later than the first slot's scheduled time.
        let origin = run.records.iter().map(|record| record.timeline.scheduled).min().unwrap();
        // A slot at the very end may find no connection in time.
        let (sent, dropped): (Vec<_>, Vec<_>) =
            run.records.iter().partition(|record| record.outcome.is_ok());
        truth(&server, sent.len() as u64);
        for record in &sent {
            let ready = record.timeline.ready.unwrap() - origin;
            assert!(ready <= 200_000_000, "slot {} started {ready} ns in", record.seq);
        }
        assert!(sent.len() >= 3 && dropped.iter().all(|record| out_of_time(record)));
    }
}

fn out_of_time(record: &Record) -> bool {
    record.outcome == Outcome::Dropped
        && record.error == "no connection before --duration was over"
        && record.timeline.sent.is_none()
}

/// A service that accepts no connection in time: slots that were planned are recorded as dropped.
#[test]
fn slots_whose_connection_opens_too_late_are_dropped_in_an_open_loop() {
    let server = start(Config { tls: true, ..fast() });
    let gate = Gate::before(server.address());
    let mut plan = open(&gate.url, 200.0, Process::Constant, 1);
    (plan.limits.number, plan.limits.duration) = (None, Some(ms(100)));
    plan.target.insecure = true;
    let progress = Bench::new(plan.clone());
    let control = progress.control.progress.clone();
    let run = progress.run_beside(|_| {
        // All that are scheduled within the time wait for a connection; the last is scheduled at its end.
        while control.in_flight.load(Relaxed) < 20 {
            std::thread::yield_now();
        }
        let over = clock::now() + 100_000_000;
        while clock::now() < over {
            std::thread::yield_now();
        }
        gate.open();
    });
    let records = run.sorted();
    assert!(records.iter().enumerate().all(|(place, record)| record.seq == place as u64));
    assert!(records.len() >= 20 && records.iter().all(|record| out_of_time(record)));
    assert_eq!(control.dropped.load(Relaxed), records.len() as u64);
    assert_eq!(server.counts().received, 0);
}

fn constant(rate: f64) -> Arrival {
    Arrival { rate, process: Process::Constant }
}

#[test]
fn number_and_duration_end_a_point_whichever_is_first() {
    let server = start(fast());
    let mut plan = plan(&server.url());
    (plan.limits.number, plan.limits.duration) = (Some(5), Some(ms(3_600_000)));
    Bench::new(plan.clone()).run().assert_all_ok(5);
    (plan.limits.number, plan.limits.duration) = (Some(u64::MAX / 2), Some(ms(50)));
    let run = Bench::new(plan).run();
    run.assert_all_ok(run.records.len() as u64);
}

#[test]
fn a_point_does_not_wait_for_a_slot_scheduled_after_its_end() {
    let server = start(fast());
    let mut plan = plan(&server.url());
    (plan.limits.number, plan.limits.duration) = (Some(10), Some(ms(50)));
    // The second slot would be scheduled in an hour.
    let hourly = constant(1.0 / 3_600.0);
    for load in [
        Load::Open { arrival: hourly, max_in_flight: None },
        Load::Closed { workers: 2, ramp_up: Duration::ZERO, pace: Some(hourly) },
    ] {
        plan.load = load;
        Bench::new(plan.clone()).run().assert_all_ok(1);
    }
}

#[test]
fn a_warm_up_does_not_count_towards_the_duration() {
    let server = start(paced(30, 1));
    let mut plan = plan(&server.url());
    (plan.limits.number, plan.limits.duration) = (None, Some(ms(60)));
    plan.limits.warmup = 5;
    let run = Bench::new(plan).run();
    run.assert_all_ok(run.records.len() as u64);
    // Five exchanges of more than 30 ms each came first; the duration began after them.
    assert!(run.records.iter().filter(|record| !record.warmup).count() >= 1);
}
