//! Each warning at its threshold, its words, and the verdict they add up to.

use super::*;
use crate::metrics::SummaryBuilder;
use crate::metrics::tests::build::reply;
use crate::outcome::Outcome;
use crate::plan::{Load, Plan, TimestampSource};
use crate::record::TokenSource;
use crate::sample::{EndReason, PointEnd};
use crate::summary::Summary;
use crate::testkit::{closed, open};
use std::time::Duration;

mod replies;

const MS: u64 = 1_000_000;

/// 100 good replies of 4 tokens, 10 ms apart, one after the other.
fn good(plan: &Plan) -> Summary {
    let mut metrics = SummaryBuilder::new(plan);
    for n in 0..100 {
        let sent = n * 40 * MS;
        metrics.record(&reply(sent, &[10, 20, 30, 40].map(|at| sent + at * MS)));
    }
    metrics.finish(&PointEnd { kernel_timestamps: true, ..PointEnd::default() })
}

/// What the good run is warned of for, once `spoil` has changed it.
fn warned_of(plan: &Plan, spoil: impl Fn(&mut Summary, &mut Evidence)) -> Vec<Warning> {
    let mut summary = good(plan);
    let mut evidence = Evidence {
        health: EngineHealth { samples: 100, ..EngineHealth::default() },
        ..Evidence::default()
    };
    spoil(&mut summary, &mut evidence);
    assess(plan, &summary, &evidence)
}

/// The one check that `spoil` raises, and whether it is invalidating; none where there is no warning.
fn check(plan: &Plan, spoil: impl Fn(&mut Summary, &mut Evidence)) -> Option<(Check, bool)> {
    let warnings = warned_of(plan, spoil);
    assert!(warnings.len() < 2, "{warnings:#?}");
    warnings.first().map(|warning| (warning.check, warning.invalidating))
}

#[test]
fn a_good_run_is_valid() {
    for plan in [closed(1), open(25.0)] {
        let summary = good(&plan);
        assert_eq!(summary.warnings, []);
        assert_eq!(summary.verdict, Verdict::Valid);
    }
}

#[test]
fn failures_count_above_one_percent_and_are_grave_above_half() {
    let with = |failed: u64| {
        check(&closed(1), move |summary, _| {
            summary.counts.total = 100 + failed;
            summary.counts.failed = failed;
        })
    };
    assert_eq!(with(1), None);
    assert_eq!(with(25), Some((Check::Failures { share: 0.2 }, false)));
    assert_eq!(with(300), Some((Check::Failures { share: 0.75 }, true)));
}

#[test]
fn an_early_end_is_warned_of_and_a_lost_service_is_grave() {
    for (end_reason, invalidating) in [
        (EndReason::Interrupted, false),
        (EndReason::OutputFailed, false),
        (EndReason::PluginFailed, false),
        (EndReason::ServerGone, true),
    ] {
        let found = check(&closed(1), |summary, _| summary.end_reason = end_reason);
        assert_eq!(found, Some((Check::EndedEarly { end_reason }, invalidating)));
    }
}

#[test]
fn every_dropped_slot_counts_in_open_loop() {
    let with = |dropped: u64| check(&open(25.0), move |s, _| s.counts.dropped = dropped);
    assert_eq!(with(0), None);
    assert_eq!(with(1), Some((Check::Dropped { dropped: 1, share: 1.0 / 101.0 }, false)));
    assert!(matches!(with(100), Some((Check::Dropped { share: 0.5, .. }, true))));
}

#[test]
fn late_slots_count_above_one_percent() {
    let with = |late: u64| check(&open(25.0), move |s, _| s.arrivals.late = late);
    assert_eq!(with(1), None);
    assert!(matches!(with(2), Some((Check::LateSlots { late: 2, .. }, false))));
    let loop_closed = check(&closed(1), |s, _| s.arrivals.late = 50);
    assert_eq!(loop_closed, None, "a closed loop has no slots to be late for");
}

#[test]
fn a_missed_rate_counts_below_95_percent() {
    let with = |sent: f64| check(&open(25.0), move |s, _| s.arrivals.sent_rate = Some(sent));
    assert_eq!(with(24.0), None);
    assert!(matches!(with(23.0), Some((Check::RateMissed { .. }, false))));
    assert!(matches!(with(15.0), Some((Check::RateMissed { .. }, true))));
}

/// A closed loop with a pace, whose workers may come late.
fn paced(workers: u32) -> Plan {
    let pace = open(25.0).load.arrival();
    Plan { load: Load::Closed { workers, ramp_up: Duration::ZERO, pace }, ..closed(workers) }
}

#[test]
fn a_pace_is_held_against_its_slots_as_an_open_loop_is() {
    let warnings = warned_of(&paced(3), |summary, _| {
        summary.counts.dropped = 100;
        summary.arrivals.late = 2;
        summary.arrivals.sent_rate = Some(23.0);
    });
    let checks: Vec<_> =
        warnings.iter().map(|warning| (warning.check, warning.invalidating)).collect();
    assert_eq!(checks[0], (Check::Dropped { dropped: 100, share: 0.5 }, true));
    assert!(matches!(checks[1], (Check::RateMissed { .. }, false)));
    assert!(matches!(checks[2], (Check::LateSlots { late: 2, .. }, false)));
    let statement = "100 slots (50.0 %) were never sent: no worker was free before the point ended";
    assert_eq!(warnings[0].statement, statement);
    for warning in &warnings {
        assert!(warning.advice.contains("raise --parallel (now 3)"), "{}", warning.advice);
    }
    assert_eq!(checks.len(), 3);
}

#[test]
fn workers_that_waited_for_the_service_are_counted_in_a_closed_loop() {
    let waits = |_: &mut Summary, evidence: &mut Evidence| {
        evidence.health.refusal_waits = 4;
        evidence.health.refusal_wait = 700 * MS;
    };
    let found = Check::RefusalWaits { times: 4, waited: 700 * MS };
    assert_eq!(check(&closed(1), waits), Some((found, false)));
    assert_eq!(check(&open(25.0), waits), None);
}

#[test]
fn workers_that_never_ran_together_are_missed() {
    let mut plan = closed(8);
    plan.limits.number = Some(4);
    let warnings = warned_of(&plan, |_, _| {});
    assert_eq!(warnings[0].check, Check::ConcurrencyMissed { asked: 8, peak: 1 });
    assert_eq!(warnings[0].advice, "Ask for at least as many requests as workers: --number 16.");
}

#[test]
fn the_timer_matters_where_it_paces() {
    let late = |share: u64| {
        move |_: &mut Summary, evidence: &mut Evidence| {
            evidence.health.timer_late = share;
            evidence.health.worst_timer = 3 * MS;
        }
    };
    assert_eq!(check(&open(25.0), late(10)), None);
    assert_eq!(check(&open(25.0), late(11)), Some((Check::TimerLate { worst: 3 * MS }, false)));
    assert_eq!(check(&closed(1), late(100)), None);
}

#[test]
fn read_lag_is_held_against_the_gaps() {
    let dispatch_delay = |nanos: u64| {
        check(&closed(1), move |summary, _| {
            let dispatch_delay = summary.metrics.read_lag.as_mut().unwrap();
            dispatch_delay.rows = [nanos; 15];
        })
    };
    // The median gap is 10 ms: a tenth of it is the limit of 1 ms, too.
    assert_eq!(dispatch_delay(MS), None);
    let found = Check::ReadLag { p50: 2 * MS, p99: 2 * MS, max: 2 * MS };
    assert_eq!(dispatch_delay(2 * MS), Some((found, false)));
}

#[test]
fn a_short_gap_tightens_the_limit_of_read_lag() {
    let found = check(&closed(1), |summary, _| {
        summary.metrics.itl.as_mut().unwrap().rows = [2 * MS; 15];
        summary.metrics.read_lag.as_mut().unwrap().rows = [MS / 4; 15];
    });
    assert!(matches!(found, Some((Check::ReadLag { .. }, false))));
}

#[test]
fn shared_stamps_count_above_five_percent() {
    let with = |shared: u64| check(&closed(1), move |s, _| s.frames.shared = shared);
    assert_eq!(with(15), None);
    assert_eq!(with(30), Some((Check::SharedStamps { share: 0.1 }, false)));
}

#[test]
fn user_stamps_are_warned_of_where_kernel_stamps_were_asked_for() {
    let fell_back = |s: &mut Summary, _: &mut Evidence| s.point.timestamps = TimestampSource::User;
    assert_eq!(check(&closed(1), fell_back), Some((Check::UserStamps { http2: false }, false)));
    let mut plan = closed(1);
    plan.target.http2 = true;
    assert_eq!(check(&plan, fell_back), Some((Check::UserStamps { http2: true }, false)));
    plan.engine.timestamps = TimestampSource::User;
    assert_eq!(check(&plan, fell_back), None);
}

fn user_stamped() -> Plan {
    let mut plan = closed(1);
    plan.engine.timestamps = TimestampSource::User;
    plan
}

#[test]
fn samples_raise_their_warnings() {
    let with = |change: fn(&mut EngineHealth)| check(&closed(1), move |_, e| change(&mut e.health));
    let busy = |health: &mut EngineHealth| (health.busy, health.worst_cpu) = (11, 0.99);
    assert_eq!(with(busy), Some((Check::CpuBusy { worst: 0.99, share: 0.11 }, false)));
    assert_eq!(with(|health| health.busy = 10), None);
    let starved = Check::Starved { times: 2, by: Part::Dataset };
    assert_eq!(with(|health| (health.starved, health.generate) = (2, 9)), Some((starved, false)));
    let starved = Check::Starved { times: 2, by: Part::Protocol };
    assert_eq!(with(|health| (health.starved, health.format) = (2, 9)), Some((starved, false)));
    assert_eq!(with(|health| health.starved = 1), None);
    assert_eq!(
        with(|health| health.stalls = 1),
        Some((Check::Stalled { times: 1, backlog: 0 }, false))
    );
    assert_eq!(
        with(|health| health.clock_steps = 1),
        Some((Check::ClockSteps { steps: 1 }, false))
    );
    let by_user_stamps = check(&user_stamped(), |summary, evidence| {
        summary.point.timestamps = TimestampSource::User;
        evidence.health.clock_steps = 1;
    });
    assert_eq!(by_user_stamps, None, "they are on the monotonic clock");
    let restarts = Check::PluginRestarts { times: 3 };
    assert_eq!(with(|health| health.plugin_restarts = 3), Some((restarts, false)));
    let inexact = Check::InexactPrompts { prompts: 5 };
    assert_eq!(with(|health| health.inexact_prompts = 5), Some((inexact, false)));
}

#[test]
fn samples_are_folded() {
    let mut health = EngineHealth::default();
    let sample = Sample { cpu: 0.5, timer_late: 5, starved: 1, backlog: 7, ..Sample::default() };
    health.see(&sample);
    health.see(&Sample { cpu: 0.96, timer_late: 2 * MS, starved: 2, backlog: 3, ..sample });
    assert_eq!((health.samples, health.busy, health.timer_late), (2, 1, 1));
    assert_eq!((health.worst_cpu, health.worst_timer), (0.96, 2 * MS));
    assert_eq!((health.starved, health.peak_backlog), (3, 7));
    health.see(&Sample { refusal_waits: 2, refusal_wait: 5, ..sample });
    health.see(&Sample { refusal_waits: 1, refusal_wait: 4, ..sample });
    assert_eq!((health.refusal_waits, health.refusal_wait), (3, 9));
}

#[test]
fn token_counts_are_compared() {
    let sources = |all: &[(TokenSource, u64)]| {
        let all = all.iter().copied().collect();
        check(&closed(1), move |s, _| s.tokens.output_sources.clone_from(&all))
    };
    assert_eq!(sources(&[(TokenSource::Usage, 100)]), None);
    assert_eq!(
        sources(&[(TokenSource::Usage, 75), (TokenSource::Tokenizer, 25)]),
        Some((Check::UnlikeSources { requests: 25, share: 0.25 }, false))
    );
    assert_eq!(
        sources(&[(TokenSource::Usage, 75), (TokenSource::None, 25)]),
        Some((Check::Uncounted { requests: 25, share: 0.25 }, false))
    );
    let counts =
        |usage: u64, tokenizer: u64| check(&closed(1), move |_, e| e.output = (usage, tokenizer));
    assert_eq!(counts(1_000, 900), None);
    assert_eq!(
        counts(1_000, 899),
        Some((Check::CountsDiffer { usage: 1_000, tokenizer: 899 }, false))
    );
    assert_eq!(counts(0, 1), Some((Check::CountsDiffer { usage: 0, tokenizer: 1 }, false)));
}

#[test]
fn prompts_made_to_length_are_held_against_what_the_service_counts() {
    let counted = |usage: u32, turn: u32| {
        let mut metrics = SummaryBuilder::new(&closed(1));
        let mut record = reply(0, &[MS]);
        (record.usage.input_tokens, record.turn) = (Some(usage), turn);
        record.dataset_input_tokens = Some(1_000);
        metrics.record(&record);
        // One that the dataset knows nothing of, and one that the service does not count.
        metrics.record(&reply(2 * MS, &[3 * MS]));
        record.input_source = TokenSource::Dataset;
        metrics.record(&record);
        let summary = metrics.finish(&PointEnd { kernel_timestamps: true, ..PointEnd::default() });
        summary.warnings.first().map(|warning| warning.check)
    };
    assert_eq!(counted(1_000, 0), None);
    assert_eq!(counted(1_010, 0), None);
    let differs = |usage: u64| Some(Check::InputDiffers { made: 1_000, usage });
    assert_eq!(counted(1_011, 0), differs(1_011));
    assert_eq!(counted(989, 0), differs(989));
    assert_eq!(counted(3_000, 1), None, "what was said before counts, too");
}

#[test]
fn local_limits_are_counted_from_records() {
    let mut metrics = SummaryBuilder::new(&closed(1));
    metrics.record(&reply(0, &[MS]));
    metrics.record(&crate::metrics::tests::build::failed(Outcome::LocalLimit, None, MS));
    let summary = metrics.finish(&PointEnd { kernel_timestamps: true, ..PointEnd::default() });
    let checks: Vec<Check> = summary.warnings.iter().map(|warning| warning.check).collect();
    assert!(checks.contains(&Check::LocalLimits { attempts: 1, share: 0.0 }), "{checks:?}");
}

#[test]
fn requests_that_local_limits_kept_back_hide_a_missed_rate() {
    let with = |plan: &Plan, unsent: u64| {
        check(plan, move |_, evidence| evidence.local_limits = (unsent, unsent))
    };
    let limits = |attempts, share| Check::LocalLimits { attempts, share };
    assert_eq!(with(&open(25.0), 10), Some((limits(10, 0.1), false)));
    assert_eq!(with(&open(25.0), 11), Some((limits(11, 0.11), true)));
    assert_eq!(with(&closed(1), 50), Some((limits(50, 0.0), false)), "there is no rate to miss");
}

#[test]
fn a_mean_below_90_percent_of_the_workers_counts() {
    let with =
        |mean: f64| check(&closed(1), move |summary, _| summary.concurrency.mean = Some(mean));
    assert_eq!(with(0.9), None);
    assert!(matches!(
        with(0.89),
        Some((Check::ConcurrencyLow { asked: 1, mean: 0.89, .. }, false))
    ));
    let paced = check(&open(25.0), |summary, _| summary.concurrency.mean = Some(0.1));
    assert_eq!(paced, None);
}

#[test]
fn grave_warnings_come_first_and_decide() {
    let warnings = warned_of(&closed(1), |summary, evidence| {
        evidence.health.stalls = 1;
        summary.counts.succeeded = 0;
    });
    assert_eq!(warnings[0].check, Check::NothingMeasured { failed: 0 });
    assert_eq!(Verdict::of(&warnings), Verdict::NotValid);
    assert_eq!(Verdict::of(&warnings[1..]), Verdict::ValidWithWarnings);
    assert_eq!(Verdict::of(&[]), Verdict::Valid);
}

/// Every check once.
fn all_causes() -> Vec<Check> {
    vec![
        Check::NothingMeasured { failed: 12 },
        Check::EndedEarly { end_reason: EndReason::Interrupted },
        Check::Failures { share: 0.05 },
        Check::Dropped { dropped: 40, share: 0.02 },
        Check::RateMissed { scheduled: 100.0, sent: 90.0 },
        Check::LateSlots { late: 10, connecting: 2, share: 0.05, p99: 3 * MS },
        Check::LateSlots { late: 10, connecting: 9, share: 0.05, p99: 3 * MS },
        Check::ConcurrencyMissed { asked: 8, peak: 3 },
        Check::RefusalWaits { times: 9, waited: 1_900 * MS },
        Check::ConcurrencyLow { asked: 16, mean: 13.9, steady: 16.0 },
        Check::ConcurrencyLow { asked: 16, mean: 9.0, steady: 9.5 },
        Check::TimerLate { worst: 3 * MS },
        Check::ReadLag { p50: MS / 10, p99: 3 * MS, max: 9 * MS },
        Check::SharedStamps { share: 0.3 },
        Check::UserStamps { http2: false },
        Check::UserStamps { http2: true },
        Check::ClockSteps { steps: 1 },
        Check::CpuBusy { worst: 1.0, share: 0.4 },
        Check::Starved { times: 20, by: Part::Dataset },
        Check::Starved { times: 20, by: Part::Protocol },
        Check::Stalled { times: 4, backlog: 3 << 20 },
        Check::LocalLimits { attempts: 7, share: 0.0 },
        Check::LocalLimits { attempts: 7, share: 0.2 },
        Check::PluginRestarts { times: 1 },
        Check::InexactPrompts { prompts: 3 },
        Check::UnlikeSources { requests: 5, share: 0.1 },
        Check::Uncounted { requests: 5, share: 0.1 },
        Check::CountsDiffer { usage: 1_000, tokenizer: 800 },
        Check::InputDiffers { made: 1_000, usage: 1_020 },
        Check::SeveralChoices { choices: 4 },
        Check::TextNotFound { requests: 5, share: 0.1 },
        Check::ZeroUsage { requests: 1, share: 0.1 },
        Check::OnePiece { requests: 5, share: 0.1 },
        Check::ObjectiveAbsent { metric: Metric::Ttft, requests: 5, share: 0.1 },
        Check::Drift { metric: Metric::Ttft, first: 1e7, second: 1.5e7 },
    ]
}

#[test]
fn every_warning_has_its_words() {
    let plan = open(100.0);
    let words: String = all_causes()
        .into_iter()
        .map(|check| {
            let warning = wording::warning(&plan, check, false);
            let metrics: Vec<&str> = warning.metrics.iter().map(|metric| metric.label()).collect();
            let (statement, advice, bound) = (warning.statement, warning.advice, warning.bound);
            format!("{statement}\n  [{}] {bound:?}\n  {advice}\n", metrics.join(", "))
        })
        .collect();
    insta::assert_snapshot!(words);
}

#[test]
fn warnings_survive_json() {
    let plan = closed(4);
    for check in all_causes() {
        let warning = wording::warning(&plan, check, true);
        let stored = serde_json::to_string(&warning).unwrap();
        assert_eq!(serde_json::from_str::<Warning>(&stored).unwrap(), warning);
    }
}

/// A number for each check: a new one does not compile here until it is listed above, too.
fn position(check: &Check) -> usize {
    match check {
        Check::NothingMeasured { .. } => 0,
        Check::EndedEarly { .. } => 1,
        Check::Failures { .. } => 2,
        Check::Dropped { .. } => 3,
        Check::RateMissed { .. } => 4,
        Check::LateSlots { .. } => 5,
        Check::ConcurrencyMissed { .. } => 6,
        Check::TimerLate { .. } => 7,
        Check::ReadLag { .. } => 8,
        Check::SharedStamps { .. } => 9,
        Check::UserStamps { .. } => 10,
        Check::ClockSteps { .. } => 11,
        Check::CpuBusy { .. } => 12,
        Check::Starved { .. } => 13,
        Check::Stalled { .. } => 14,
        Check::LocalLimits { .. } => 15,
        Check::PluginRestarts { .. } => 16,
        Check::InexactPrompts { .. } => 17,
        Check::UnlikeSources { .. } => 18,
        Check::Uncounted { .. } => 19,
        Check::CountsDiffer { .. } => 20,
        Check::SeveralChoices { .. } => 21,
        Check::InputDiffers { .. } => 22,
        Check::Drift { .. } => 23,
        Check::RefusalWaits { .. } => 24,
        Check::ConcurrencyLow { .. } => 25,
        Check::TextNotFound { .. } => 26,
        Check::ZeroUsage { .. } => 27,
        Check::OnePiece { .. } => 28,
        Check::ObjectiveAbsent { .. } => 29,
    }
}

#[test]
fn no_cause_is_left_without_words() {
    let covered: std::collections::BTreeSet<usize> = all_causes().iter().map(position).collect();
    assert_eq!(covered, (0..30).collect());
}
