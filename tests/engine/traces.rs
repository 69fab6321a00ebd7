//! Traces: slots at the times that the dataset gives, and the end of the point with its last item.

use crate::graphs::dataset_of;
use crate::rig::{Bench, PATIENCE, Run, SLACK, fast, faulty, id, ms, plan, start, truth};
use loadwright_core::conversation::{Conversation, Message, Prompt, Turn};
use loadwright_core::outcome::Outcome;
use loadwright_core::plan::Load;
use loadwright_sim::Fault;
use std::sync::Arc;

/// Milliseconds of a trace: bursts, pauses, and two at one time.
const TIMES: [u64; 12] = [7, 7, 8, 30, 31, 31, 31, 60, 61, 90, 91, 120];

fn turn(text: &str) -> Turn {
    Turn::new(Prompt::Messages(vec![Message::text("user", text)]))
}

/// Conversations of one turn, scheduled at these milliseconds.
fn scheduled(times: &[u64]) -> Vec<Conversation> {
    let item = |time: &u64| Conversation {
        scheduled: Some(*time as f64 / 1e3),
        turns: vec![turn(&format!("at {time}"))],
        ..Conversation::default()
    };
    times.iter().map(item).collect()
}

/// A trace of `items` without an end of its own.
fn trace(url: &str, items: Vec<Conversation>) -> Bench {
    let mut plan = plan(url);
    plan.load = Load::Trace { max_in_flight: None };
    plan.limits.number = None;
    Bench { dataset: dataset_of(items), ..Bench::new(plan) }
}

/// Asserts that the records of measured slots are apart as `times`, and that none was sent early.
fn assert_apart(run: &Run, times: &[u64]) {
    let measured: Vec<_> = run.sorted().into_iter().filter(|record| !record.warmup).collect();
    let scheduled: Vec<u64> = measured.iter().map(|record| record.timeline.scheduled).collect();
    let apart: Vec<u64> = scheduled.iter().map(|at| at - scheduled[0]).collect();
    let wanted: Vec<u64> = times.iter().map(|time| (time - times[0]) * 1_000_000).collect();
    assert_eq!(apart, wanted);
    for record in &measured {
        assert!(record.timeline.sent.is_none_or(|sent| sent >= record.timeline.scheduled));
    }
}

#[test]
fn slots_are_sent_at_the_times_of_the_trace_which_ends_the_point() {
    for (threads, announced) in [(1, true), (1, false), (2, true), (2, false)] {
        let server = start(fast());
        let mut bench = trace(&server.url(), scheduled(&TIMES));
        (bench.plan.engine.threads, bench.dataset.announced) = (threads, announced);
        let run = bench.run();
        run.assert_all_ok(TIMES.len() as u64);
        assert_apart(&run, &TIMES);
        let served = truth(&server, TIMES.len() as u64);
        for record in &run.records {
            assert!(served[&id(0, record)].received + SLACK >= record.timeline.scheduled);
        }
        assert!(run.notices.is_empty(), "it does not start over: {:?}", run.notices);
    }
}

#[test]
fn a_number_limits_a_trace_and_never_extends_it() {
    let server = start(fast());
    for (number, sent) in [(5, 5), (500, 12)] {
        let mut bench = trace(&server.url(), scheduled(&TIMES));
        bench.plan.limits.number = Some(number);
        bench.run().assert_all_ok(sent);
    }
}

#[test]
fn a_duration_ends_a_trace() {
    let server = start(fast());
    // An hour before the last item.
    let mut bench = trace(&server.url(), scheduled(&[0, 1, 3_600_000]));
    bench.plan.limits.duration = Some(ms(200));
    bench.run().assert_all_ok(2);
}

#[test]
fn a_warm_up_sends_the_first_items_and_the_rest_counts_from_the_next_one() {
    let server = start(fast());
    let mut bench = trace(&server.url(), scheduled(&TIMES));
    bench.plan.limits.warmup = 3;
    let run = bench.run();
    run.assert_all_ok(12);
    let records = run.sorted();
    let warm: Vec<bool> = records.iter().map(|record| record.warmup).collect();
    assert_eq!(warm.iter().filter(|warm| **warm).count(), 3);
    assert!(records[..3].iter().all(|record| record.warmup));
    assert_apart(&run, &TIMES[3..]);
    let warmed = records[..3].iter().map(|record| record.timeline.end).max().unwrap();
    assert!(records[3].timeline.scheduled >= warmed);
    assert_eq!(records[2].timeline.scheduled - records[0].timeline.scheduled, 1_000_000);
}

#[test]
fn a_point_that_begins_later_in_the_trace_begins_with_its_first_item() {
    let server = start(fast());
    // The first item of the point is scheduled an hour after the trace's.
    let mut bench = trace(&server.url(), scheduled(&[0, 3_600_000, 3_600_005]));
    bench.first_item = 1;
    let run = bench.run();
    run.assert_all_ok(2);
    assert_apart(&run, &[0, 5]);
    let mut beyond = trace(&server.url(), scheduled(&[0, 1]));
    beyond.first_item = 7;
    assert!(beyond.run().records.is_empty());
}

#[test]
fn an_item_without_a_time_or_with_an_earlier_one_fails_alone() {
    let server = start(fast());
    let mut items = scheduled(&[1, 5, 3, 6, 9]);
    items[3].scheduled = None;
    let run = trace(&server.url(), items).run();
    let records = run.sorted();
    let outcomes: Vec<bool> = records.iter().map(|record| record.outcome.is_ok()).collect();
    assert_eq!(outcomes, [true, true, false, false, true]);
    for (seq, text) in [
        (2, "item 2 is scheduled at 0.003 s, before an earlier item at 0.005 s"),
        (3, "item 3 of the timed dataset has no scheduled time"),
    ] {
        assert_eq!((records[seq].outcome, records[seq].timeline.sent), (Outcome::Plugin, None));
        assert!(records[seq].error.contains(text), "{}", records[seq].error);
        assert!(records[seq].error.contains("`random` failed in generate"));
        // It has the time of the item before.
        assert_eq!(records[seq].timeline.scheduled, records[1].timeline.scheduled);
    }
    truth(&server, 3);
}

#[test]
fn a_time_in_a_dataset_that_is_not_timed_fails_that_item() {
    let server = start(fast());
    let mut items = scheduled(&[1, 2]);
    items[0].scheduled = None;
    let mut bench = trace(&server.url(), items);
    (bench.plan.load, bench.plan.limits.number) = (crate::rig::closed(1), Some(2));
    let records = bench.run().sorted();
    assert!(records[0].outcome.is_ok());
    let text = "item 1 has a scheduled time, but the dataset's properties do not say `timed`";
    assert!(records[1].error.contains(text), "{}", records[1].error);
}

#[test]
fn a_trace_that_waits_for_its_next_item_ends_on_a_stop() {
    let server = start(fast());
    let bench = trace(&server.url(), scheduled(&[0, 3_600_000]));
    let run = bench.run_beside(|stop| {
        server.wait_for_ended(1, PATIENCE).expect("the first item is sent");
        stop.drain();
    });
    run.assert_all_ok(1);
}

#[test]
fn slots_over_the_limit_are_dropped() {
    // No reply ever comes, so that the first two stay in flight.
    let server = start(faulty([Fault::Stall { after: 0, ms: None }]));
    let mut bench = trace(&server.url(), scheduled(&[0, 0, 1, 2, 3]));
    bench.plan.load = Load::Trace { max_in_flight: Some(2) };
    let progress = Arc::clone(&bench.control.progress);
    let run = bench.run_beside(|stop| {
        server.wait_for_requests(2, PATIENCE).expect("two are sent");
        while progress.dropped.load(std::sync::atomic::Ordering::Relaxed) < 3 {
            std::thread::yield_now();
        }
        stop.abort();
    });
    let outcomes: Vec<Outcome> = run.sorted().iter().map(|record| record.outcome).collect();
    let dropped = Outcome::Dropped;
    assert_eq!(outcomes[2..], [dropped, dropped, dropped]);
    assert_eq!(server.counts().received, 2);
}

#[test]
fn turns_are_not_sent_before_their_own_times() {
    let server = start(fast());
    let at = |milliseconds: u64, text: &str| Turn {
        scheduled: Some(milliseconds as f64 / 1e3),
        ..turn(text)
    };
    let turns = vec![at(10, "a"), at(60, "b"), at(20, "c"), turn("d")];
    let item = Conversation { scheduled: Some(0.02), turns, ..Conversation::default() };
    let run = trace(&server.url(), vec![item]).run();
    let records = run.sorted();
    assert!(records.iter().all(|record| record.outcome.is_ok()));
    let scheduled: Vec<u64> = records.iter().map(|record| record.timeline.scheduled).collect();
    assert_eq!(scheduled[1] - scheduled[0], 50_000_000, "10 and 60 ms after the conversation's");
    // Its own time has passed: it follows at once.
    assert!(scheduled[2] >= records[1].timeline.end);
    for (record, scheduled) in records.iter().zip(scheduled) {
        assert!(record.timeline.sent.unwrap() >= scheduled);
    }
    truth(&server, 4);
}
