//! Checks of how requests and the point ended.

use super::*;
use crate::checks::kinds::{dropped, failures, local_limits, rate_missed};
use crate::outcome::Outcome;
use crate::summary::tests::build::failed;

pub(super) fn examples() -> Vec<Example> {
    vec![
        example(NothingMeasured { failed: 0 }, &[]),
        example(NothingMeasured { failed: 12 }, &[]),
        example(EndedEarly { end_reason: EndReason::Interrupted }, &[]),
        example(EndedEarly { end_reason: EndReason::ServerGone }, &[]),
        example(EndedEarly { end_reason: EndReason::OutputFailed }, &[]),
        example(EndedEarly { end_reason: EndReason::PluginFailed }, &[]),
        example(Failures { share: 0.05 }, &[share(failures::RAISED), share(failures::INVALID)]),
        example(LocalLimits { attempts: 7, share: 0.0 }, &[share(local_limits::INVALID)]),
        example(LocalLimits { attempts: 7, share: 0.2 }, &[]),
        example(Dropped { dropped: 40, share: 0.02 }, &[share(dropped::INVALID)]),
        example(
            RateMissed { scheduled: 100.0, sent: 90.0 },
            &[share(rate_missed::RAISED), share(rate_missed::INVALID)],
        ),
    ]
}

#[test]
fn nothing_is_measured_without_a_success() {
    let with = |succeeded: u64| {
        raised(&closed(1), move |evidence| {
            (evidence.counts.succeeded, evidence.counts.failed) = (succeeded, 1);
        })
    };
    assert_eq!(with(0), some(NothingMeasured { failed: 1 }));
    assert!(invalidates(with(0)));
    assert_eq!(with(1), None);
}

#[test]
fn failures_count_above_one_percent_and_invalidate_above_half() {
    let with = |failed: u64| {
        raised(&closed(1), move |evidence| {
            (evidence.counts.total, evidence.counts.failed) = (200, failed);
        })
    };
    assert_eq!(with(2), None);
    assert_eq!(with(3), some(Failures { share: 0.015 }));
    assert_eq!(with(100), some(Failures { share: 0.5 }));
    assert!(!invalidates(with(100)) && invalidates(with(101)));
}

#[test]
fn an_early_end_is_warned_of_and_a_lost_service_invalidates() {
    for (end_reason, invalid) in [
        (EndReason::Interrupted, false),
        (EndReason::OutputFailed, false),
        (EndReason::PluginFailed, false),
        (EndReason::ServerGone, true),
    ] {
        let found = raised(&closed(1), |evidence| evidence.end_reason = end_reason);
        assert_eq!(found, some(EndedEarly { end_reason }));
        assert_eq!(invalidates(found), invalid, "{end_reason:?}");
    }
}

#[test]
fn local_limits_are_counted_from_records() {
    let mut builder = SummaryBuilder::new(&closed(1));
    builder.record(&reply(0, &[MS]));
    builder.record(&failed(Outcome::LocalLimit, None, MS));
    let summary = builder.finish(&PointEnd { kernel_timestamps: true, ..PointEnd::default() });
    let checks: Vec<Check> = summary.warnings.iter().map(|warning| warning.check).collect();
    assert!(checks.contains(&LocalLimits { attempts: 1, share: 0.0 }.into()), "{checks:?}");
}

#[test]
fn requests_that_local_limits_kept_back_hide_a_missed_rate() {
    let with = |plan: &Plan, unsent: u64| {
        raised(plan, move |evidence| {
            evidence.local_limits.attempts = unsent;
            evidence.local_limits.unsent = unsent;
        })
    };
    assert_eq!(with(&open(25.0), 0), None);
    assert_eq!(with(&open(25.0), 10), some(LocalLimits { attempts: 10, share: 0.1 }));
    assert!(!invalidates(with(&open(25.0), 10)) && invalidates(with(&open(25.0), 11)));
    let without_a_rate = some(LocalLimits { attempts: 50, share: 0.0 });
    assert_eq!(with(&closed(1), 50), without_a_rate, "there is no rate to miss");
}

#[test]
fn every_dropped_slot_counts_in_open_loop() {
    let with = |dropped: u64| raised(&open(25.0), move |e| e.counts.dropped = dropped);
    assert_eq!(with(0), None);
    assert_eq!(with(1), some(Dropped { dropped: 1, share: 1.0 / 101.0 }));
    // Of 111 and of 112 slots.
    assert!(!invalidates(with(11)) && invalidates(with(12)));
    assert_eq!(with(100), some(Dropped { dropped: 100, share: 0.5 }));
}

#[test]
fn a_missed_rate_counts_below_95_percent() {
    let with = |sent: f64| {
        raised(&open(100.0), move |evidence| {
            evidence.arrivals.scheduled_rate = Some(100.0);
            evidence.arrivals.sent_rate = Some(sent);
        })
    };
    assert_eq!(with(95.0), None);
    assert_eq!(with(94.9), some(RateMissed { scheduled: 100.0, sent: 94.9 }));
    assert!(!invalidates(with(80.0)) && invalidates(with(79.9)));
}

/// A closed loop with a pace, whose workers may come late.
fn paced(workers: u32) -> Plan {
    let pace = open(25.0).load.arrival();
    let ramp_up = std::time::Duration::ZERO;
    Plan { load: Load::Closed { workers, ramp_up, pace }, ..closed(workers) }
}

#[test]
fn a_pace_is_held_against_its_slots_as_an_open_loop_is() {
    let warnings = warnings(&paced(3), |evidence| {
        evidence.counts.dropped = 100;
        evidence.arrivals.late = 2;
        evidence.arrivals.sent_rate = Some(23.0);
    });
    let kinds: Vec<String> = warnings.iter().map(|warning| kind(&warning.check)).collect();
    assert_eq!(kinds, ["dropped", "rate_missed", "late_slots"]);
    let statement = "100 scheduled requests (50.0 %) were never sent: no worker was free before the \
                     point ended";
    assert_eq!(warnings[0].statement, statement);
    for warning in &warnings {
        assert!(warning.advice.contains("raise --parallel (now 3)"), "{}", warning.advice);
    }
}
