//! A closed loop with a pace: slots are scheduled by the plan whatever the service does, late workers
//! count as late, and slots that are not sent before the end are dropped.

use crate::rig::{Bench, PATIENCE, Run, fast, ms, plan_of, start, truth};
use loadwright_core::arrival::{Arrival, Process};
use loadwright_core::checks::Check;
use loadwright_core::metrics::Metric;
use loadwright_core::outcome::Outcome;
use loadwright_core::plan::{Load, Plan};
use loadwright_core::record::Record;
use loadwright_core::sample::EndReason;
use loadwright_core::summary::SummaryBuilder;
use loadwright_sim::{Config, Fault, Script, Server};
use loadwright_timing::clock;
use std::sync::Arc;
use std::time::Duration;

/// Nanoseconds between two slots.
const GAP: u64 = 10_000_000;

/// A slot every [`GAP`] for one worker.
fn paced(url: &str, number: Option<u64>) -> Plan {
    let mut plan = plan_of(url, 1, 1);
    let pace = Some(Arrival { rate: 1e9 / GAP as f64, process: Process::Constant });
    plan.load = Load::Closed { workers: 1, ramp_up: Duration::ZERO, pace };
    plan.limits.number = number;
    plan
}

/// A fast server whose reply to request `place` stalls for `stall`.
fn stalling(place: u64, stall: Duration) -> Server {
    let fault = Fault::Stall { after: 0, ms: Some(stall) };
    start(Config { script: Script::requests(place..=place, [fault]), ..fast() })
}

/// Asserts that every slot is scheduled when the plan says. Returns those sent and those dropped.
fn scheduled_by_the_plan(run: &Run) -> (Vec<Arc<Record>>, Vec<Arc<Record>>) {
    let records = run.sorted();
    let origin = records[0].timeline.scheduled;
    for (place, record) in records.iter().enumerate() {
        let place = place as u64;
        assert_eq!((record.seq, record.timeline.scheduled - origin), (place, place * GAP));
    }
    records.into_iter().partition(|record| record.outcome != Outcome::Dropped)
}

fn dropped(records: &[Arc<Record>]) {
    for record in records {
        assert_eq!(record.error, "no worker was free before the point ended");
        assert_eq!((record.timeline.sent, record.connection), (None, 0));
    }
}

/// The service stalls once, for a second, in the middle of two seconds' slots. The plan alone says
/// what that costs a user: the slot that met the stall waits 1000 ms, the one behind it 990, and so
/// on: 50,500 ms over 200 requests, were the rest of the service infinitely fast.
#[test]
fn a_stall_is_in_the_latency_from_schedule_of_every_slot_after_it() {
    let server = stalling(50, ms(1_000));
    let plan = paced(&server.url(), Some(200));
    let run = Bench::new(plan.clone()).run();
    run.assert_all_ok(200);
    scheduled_by_the_plan(&run);
    let origin = run.sorted()[0].timeline.scheduled;
    let served = truth(&server, 200);
    let waited = |slot: u64| {
        let last = served[&format!("lw-0-{slot}-0-0")].frames.last().copied().unwrap();
        (last - (origin + slot * GAP)) as f64
    };
    let oracle = (0..200).map(waited).sum::<f64>() / 200.0;
    let mut metrics = SummaryBuilder::new(&plan);
    run.records.iter().for_each(|record| metrics.record(record));
    let summary = metrics.finish(&run.point_end);
    let mean = summary.metrics.get(Metric::LatencyFromSchedule).unwrap().mean;
    assert!(mean >= 252.5e6, "{mean}: less than the stall alone costs");
    assert!((mean - oracle).abs() < 20e6, "{mean}, but {oracle} by the server's records");
    assert!(summary.arrivals.late >= 98, "{}", summary.arrivals.late);
    let is_late = |check: Check| matches!(check, Check::LateSlots(found) if found.late >= 98);
    assert!(
        summary.warnings.iter().any(|warning| is_late(warning.check)),
        "{:?}",
        summary.warnings
    );
}

#[test]
fn slots_that_no_worker_sent_within_the_duration_are_dropped() {
    let server = stalling(10, ms(1_500));
    let mut plan = paced(&server.url(), None);
    plan.limits.duration = Some(ms(1_000));
    let bench = Bench::new(plan);
    let progress = bench.control.progress.clone();
    let run = bench.run();
    let (sent, unsent) = scheduled_by_the_plan(&run);
    // From 0 to 1000 ms, both included.
    assert_eq!(sent.len() + unsent.len(), 101);
    // One worker: none is sent behind the one that stalls over the end.
    assert!(sent.len() <= 11, "{}", sent.len());
    assert!(sent.iter().all(|record| record.outcome.is_ok()));
    dropped(&unsent);
    let counted = progress.dropped.load(std::sync::atomic::Ordering::Relaxed);
    assert_eq!(counted, unsent.len() as u64);
    assert_eq!(
        (run.point_end.end_reason, server.counts().received),
        (EndReason::Completed, sent.len() as u64)
    );
}

#[test]
fn slots_scheduled_before_the_user_stopped_the_run_are_dropped() {
    let server = stalling(3, ms(1_000));
    let bench = Bench::new(paced(&server.url(), Some(u64::MAX / 2)));
    let mut stopped = 0;
    let run = bench.run_beside(|stop| {
        server.wait_for_requests(4, PATIENCE).expect("the fourth request comes");
        let until = clock::now() + 300_000_000;
        while clock::now() < until {
            std::thread::yield_now();
        }
        stopped = clock::now();
        stop.drain();
    });
    assert_eq!(run.point_end.end_reason, EndReason::Interrupted);
    let (sent, unsent) = scheduled_by_the_plan(&run);
    dropped(&unsent);
    assert_eq!(sent.len(), 4);
    let last = unsent.last().expect("slots were scheduled meanwhile").timeline.scheduled;
    assert!(last + GAP > stopped, "{last} is not the last before {stopped}");
    assert!(unsent.len() >= 25, "{}", unsent.len());
}
