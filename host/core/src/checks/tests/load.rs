//! Checks of whether the load was the one that the plan describes.

use super::*;
use crate::checks::evidence::TIMER_LATE;
use crate::checks::kinds::{concurrency_low, concurrency_missed, late_slots, starved, timer_late};
use crate::totals::LATE;

pub(super) fn examples() -> Vec<Example> {
    let target = 16;
    vec![
        example(
            LateSlots { late: 10, connecting: 2, share: 0.05, p99: 3 * MS },
            &[share(late_slots::RAISED), millis(LATE)],
        ),
        example(LateSlots { late: 10, connecting: 9, share: 0.05, p99: 3 * MS }, &[]),
        example(RefusalWaits { times: 9, waited: 1_900 * MS }, &[]),
        example(ConcurrencyMissed { target: 8, peak: 3 }, &[whole(concurrency_missed::RAISED)]),
        example(
            ConcurrencyLow { target, mean: 13.9, steady: 16.0 },
            &[share(concurrency_low::RAISED)],
        ),
        example(ConcurrencyLow { target, mean: 13.9, steady: 14.0 }, &[]),
        example(TimerLate { worst: 3 * MS }, &[whole(timer_late::RAISED), millis(TIMER_LATE)]),
        example(Starved { times: 20, by: Stage::Dataset }, &[whole(starved::RAISED)]),
        example(Starved { times: 20, by: Stage::Api }, &[]),
        example(Stalled { times: 4, backlog: 3 << 20 }, &[]),
    ]
}

#[test]
fn late_slots_count_above_one_percent() {
    let with = |plan: &Plan, late: u64| raised(plan, move |e| e.arrivals.late = late);
    assert_eq!(with(&open(25.0), 1), None);
    let found = LateSlots { late: 2, connecting: 0, share: 0.02, p99: 0 };
    assert_eq!(with(&open(25.0), 2), some(found));
    assert_eq!(with(&closed(1), 50), None, "a closed loop has no slots to be late for");
}

#[test]
fn workers_that_waited_for_the_service_are_counted_in_a_closed_loop() {
    let with = |plan: &Plan, waits: u64| {
        raised(plan, move |evidence| {
            evidence.health.refusal_waits = waits;
            evidence.health.refusal_wait = 700 * MS;
        })
    };
    assert_eq!(with(&closed(1), 0), None);
    assert_eq!(with(&closed(1), 1), some(RefusalWaits { times: 1, waited: 700 * MS }));
    assert_eq!(with(&open(25.0), 4), None);
}

#[test]
fn workers_that_never_ran_together_are_missed() {
    let with = |peak: u32| {
        raised(&closed(100), move |evidence| {
            (evidence.concurrency.peak, evidence.concurrency.mean) = (peak, Some(95.0));
        })
    };
    assert_eq!(with(95), None);
    assert_eq!(with(94), some(ConcurrencyMissed { target: 100, peak: 94 }));
    let mut plan = closed(8);
    plan.limits.number = Some(4);
    let warnings = warnings(&plan, |_| {});
    assert_eq!(warnings[0].check, ConcurrencyMissed { target: 8, peak: 1 }.into());
    assert_eq!(
        warnings[0].advice,
        "Send at least as many requests as there are workers: --number 16."
    );
}

#[test]
fn a_mean_below_90_percent_of_the_workers_counts() {
    let with = |plan: &Plan, mean: f64| raised(plan, move |e| e.concurrency.mean = Some(mean));
    assert_eq!(with(&closed(1), 0.9), None);
    let found = with(&closed(1), 0.89);
    let low = |found: ConcurrencyLow| (found.target, found.mean) == (1, 0.89);
    assert!(matches!(found, Some(Check::ConcurrencyLow(found)) if low(found)), "{found:?}");
    assert_eq!(with(&open(25.0), 0.1), None);
}

#[test]
fn the_timer_matters_where_it_paces() {
    let with = |plan: &Plan, samples: u64| {
        raised(plan, move |evidence| {
            evidence.health.timer_late = samples;
            evidence.health.worst_timer = 3 * MS;
        })
    };
    assert_eq!(with(&open(25.0), 10), None);
    assert_eq!(with(&open(25.0), 11), some(TimerLate { worst: 3 * MS }));
    assert_eq!(with(&closed(1), 100), None);
}

#[test]
fn an_empty_ready_queue_counts_above_one_percent_and_names_the_slower_stage() {
    let with = |starved: u64, generate: u64, format: u64| {
        raised(&closed(1), move |evidence| {
            let health = &mut evidence.health;
            (health.starved, health.generate, health.format) = (starved, generate, format);
        })
    };
    assert_eq!(with(1, 9, 0), None);
    assert_eq!(with(2, 9, 8), some(Starved { times: 2, by: Stage::Dataset }));
    assert_eq!(with(2, 8, 9), some(Starved { times: 2, by: Stage::Api }));
}

#[test]
fn every_wait_for_interpreters_counts() {
    let with = |stalls: u64| {
        raised(&closed(1), move |evidence| {
            (evidence.health.stalls, evidence.health.peak_backlog) = (stalls, 5);
        })
    };
    assert_eq!(with(0), None);
    assert_eq!(with(1), some(Stalled { times: 1, backlog: 5 }));
}

#[test]
fn a_paced_closed_loop_has_no_concurrency_to_reach() {
    let pace = open(25.0).load.arrival();
    let load = Load::Closed { workers: 100, ramp_up: std::time::Duration::ZERO, pace };
    let paced = Plan { load, ..closed(100) };
    assert_eq!(raised(&paced, |evidence| evidence.concurrency.mean = Some(1.0)), None);
    let everyone = |evidence: &mut Evidence| {
        (evidence.concurrency.peak, evidence.concurrency.mean) = (100, Some(1.0));
    };
    assert_eq!(raised(&paced, everyone), None);
    assert!(raised(&closed(100), everyone).is_some());
}

#[test]
fn the_advice_on_idle_workers_depends_on_the_steady_window() {
    let advice = |steady: Option<f64>| {
        let found = warnings(&closed(1), |evidence| {
            (evidence.concurrency.mean, evidence.steady_concurrency) = (Some(0.5), steady);
        });
        assert_eq!(found.len(), 1, "{found:?}");
        found[0].advice.starts_with("In so short a point")
    };
    assert_eq!([Some(0.9), Some(0.89), None].map(advice), [true, false, false]);
}
