//! Each doubt at its threshold, its words, and the verdict they add up to.

use super::*;
use crate::metrics::Metrics;
use crate::metrics::tests::build::reply;
use crate::outcome::Outcome;
use crate::plan::tests::{closed, open};
use crate::plan::{Load, Plan, StampSource};
use crate::record::TokenSource;
use crate::sample::{Closing, Ending};
use crate::summary::Summary;
use std::time::Duration;

#[path = "doubt/replies_tests.rs"]
mod replies;

const MS: u64 = 1_000_000;

/// 100 good replies of 4 tokens, 10 ms apart, one after the other.
fn good(plan: &Plan) -> Summary {
    let mut metrics = Metrics::new(plan);
    for n in 0..100 {
        let sent = n * 40 * MS;
        metrics.record(&reply(sent, &[10, 20, 30, 40].map(|at| sent + at * MS)));
    }
    metrics.finish(&Closing { kernel_stamps: true, ..Closing::default() })
}

/// What the good run is doubted for, once `spoil` has changed it.
fn doubted(plan: &Plan, spoil: impl Fn(&mut Summary, &mut Evidence)) -> Vec<Doubt> {
    let mut summary = good(plan);
    let mut evidence =
        Evidence { watch: Watch { samples: 100, ..Watch::default() }, ..Evidence::default() };
    spoil(&mut summary, &mut evidence);
    assess(plan, &summary, &evidence)
}

/// The one cause that `spoil` raises, and whether it is grave; none where there is no doubt.
fn cause(plan: &Plan, spoil: impl Fn(&mut Summary, &mut Evidence)) -> Option<(Cause, bool)> {
    let doubts = doubted(plan, spoil);
    assert!(doubts.len() < 2, "{doubts:#?}");
    doubts.first().map(|doubt| (doubt.cause, doubt.grave))
}

#[test]
fn a_good_run_is_valid() {
    for plan in [closed(1), open(25.0)] {
        let summary = good(&plan);
        assert_eq!(summary.doubts, []);
        assert_eq!(summary.verdict, Verdict::Valid);
    }
}

#[test]
fn failures_count_above_one_percent_and_are_grave_above_half() {
    let with = |failed: u64| {
        cause(&closed(1), move |summary, _| {
            summary.counts.total = 100 + failed;
            summary.counts.failed = failed;
        })
    };
    assert_eq!(with(1), None);
    assert_eq!(with(25), Some((Cause::Failures { share: 0.2 }, false)));
    assert_eq!(with(300), Some((Cause::Failures { share: 0.75 }, true)));
}

#[test]
fn an_early_end_is_doubted_and_a_lost_service_is_grave() {
    for (ending, grave) in [
        (Ending::Interrupted, false),
        (Ending::OutputFailed, false),
        (Ending::PluginFailed, false),
        (Ending::ServerGone, true),
    ] {
        let found = cause(&closed(1), |summary, _| summary.ending = ending);
        assert_eq!(found, Some((Cause::EndedEarly { ending }, grave)));
    }
}

#[test]
fn every_dropped_slot_counts_in_open_loop() {
    let with = |dropped: u64| cause(&open(25.0), move |s, _| s.counts.dropped = dropped);
    assert_eq!(with(0), None);
    assert_eq!(with(1), Some((Cause::Dropped { dropped: 1, share: 1.0 / 101.0 }, false)));
    assert!(matches!(with(100), Some((Cause::Dropped { share: 0.5, .. }, true))));
}

#[test]
fn late_slots_count_above_one_percent() {
    let with = |late: u64| cause(&open(25.0), move |s, _| s.arrivals.late = late);
    assert_eq!(with(1), None);
    assert!(matches!(with(2), Some((Cause::LateSlots { late: 2, .. }, false))));
    let loop_closed = cause(&closed(1), |s, _| s.arrivals.late = 50);
    assert_eq!(loop_closed, None, "a closed loop has no slots to be late for");
}

#[test]
fn a_missed_rate_counts_below_95_percent() {
    let with = |sent: f64| cause(&open(25.0), move |s, _| s.arrivals.sent_rate = Some(sent));
    assert_eq!(with(24.0), None);
    assert!(matches!(with(23.0), Some((Cause::RateMissed { .. }, false))));
    assert!(matches!(with(15.0), Some((Cause::RateMissed { .. }, true))));
}

/// A closed loop with a pace, whose workers may come late.
fn paced(workers: u32) -> Plan {
    let pace = open(25.0).load.arrival();
    Plan { load: Load::Closed { workers, ramp_up: Duration::ZERO, pace }, ..closed(workers) }
}

#[test]
fn a_pace_is_held_against_its_slots_as_an_open_loop_is() {
    let doubts = doubted(&paced(3), |summary, _| {
        summary.counts.dropped = 100;
        summary.arrivals.late = 2;
        summary.arrivals.sent_rate = Some(23.0);
    });
    let causes: Vec<_> = doubts.iter().map(|doubt| (doubt.cause, doubt.grave)).collect();
    assert_eq!(causes[0], (Cause::Dropped { dropped: 100, share: 0.5 }, true));
    assert!(matches!(causes[1], (Cause::RateMissed { .. }, false)));
    assert!(matches!(causes[2], (Cause::LateSlots { late: 2, .. }, false)));
    let statement = "100 slots (50.0 %) were never sent: no worker was free before the point ended";
    assert_eq!(doubts[0].statement, statement);
    for doubt in &doubts {
        assert!(doubt.advice.contains("raise --parallel (now 3)"), "{}", doubt.advice);
    }
    assert_eq!(causes.len(), 3);
}

#[test]
fn workers_that_waited_for_the_service_are_counted_in_a_closed_loop() {
    let waits = |_: &mut Summary, evidence: &mut Evidence| {
        evidence.watch.refusal_waits = 4;
        evidence.watch.refusal_wait = 700 * MS;
    };
    let found = Cause::RefusalWaits { times: 4, waited: 700 * MS };
    assert_eq!(cause(&closed(1), waits), Some((found, false)));
    assert_eq!(cause(&open(25.0), waits), None);
}

#[test]
fn workers_that_never_ran_together_are_missed() {
    let mut plan = closed(8);
    plan.limits.number = Some(4);
    let doubts = doubted(&plan, |_, _| {});
    assert_eq!(doubts[0].cause, Cause::ConcurrencyMissed { asked: 8, peak: 1 });
    assert_eq!(doubts[0].advice, "Ask for at least as many requests as workers: --number 16.");
}

#[test]
fn the_timer_matters_where_it_paces() {
    let late = |share: u64| {
        move |_: &mut Summary, evidence: &mut Evidence| {
            evidence.watch.timer_late = share;
            evidence.watch.worst_timer = 3 * MS;
        }
    };
    assert_eq!(cause(&open(25.0), late(10)), None);
    assert_eq!(cause(&open(25.0), late(11)), Some((Cause::TimerLate { worst: 3 * MS }, false)));
    assert_eq!(cause(&closed(1), late(100)), None);
}

#[test]
fn read_lag_is_held_against_the_gaps() {
    let lag = |nanos: u64| {
        cause(&closed(1), move |summary, _| {
            let lag = summary.figures.read_lag.as_mut().unwrap();
            lag.rows = [nanos; 15];
        })
    };
    // The median gap is 10 ms: a tenth of it is the limit of 1 ms, too.
    assert_eq!(lag(MS), None);
    let found = Cause::ReadLag { p50: 2 * MS, p99: 2 * MS, max: 2 * MS };
    assert_eq!(lag(2 * MS), Some((found, false)));
}

#[test]
fn a_short_gap_tightens_the_limit_of_read_lag() {
    let found = cause(&closed(1), |summary, _| {
        summary.figures.itl.as_mut().unwrap().rows = [2 * MS; 15];
        summary.figures.read_lag.as_mut().unwrap().rows = [MS / 4; 15];
    });
    assert!(matches!(found, Some((Cause::ReadLag { .. }, false))));
}

#[test]
fn shared_stamps_count_above_five_percent() {
    let with = |shared: u64| cause(&closed(1), move |s, _| s.frames.shared = shared);
    assert_eq!(with(15), None);
    assert_eq!(with(30), Some((Cause::SharedStamps { share: 0.1 }, false)));
}

#[test]
fn user_stamps_are_doubted_where_kernel_stamps_were_asked_for() {
    let fell_back = |s: &mut Summary, _: &mut Evidence| s.point.stamps = StampSource::User;
    assert_eq!(cause(&closed(1), fell_back), Some((Cause::UserStamps { http2: false }, false)));
    let mut plan = closed(1);
    plan.target.http2 = true;
    assert_eq!(cause(&plan, fell_back), Some((Cause::UserStamps { http2: true }, false)));
    plan.stamps = StampSource::User;
    assert_eq!(cause(&plan, fell_back), None);
}

fn user_stamped() -> Plan {
    Plan { stamps: StampSource::User, ..closed(1) }
}

#[test]
fn samples_raise_their_doubts() {
    let with = |change: fn(&mut Watch)| cause(&closed(1), move |_, e| change(&mut e.watch));
    let busy = |watch: &mut Watch| (watch.busy, watch.worst_cpu) = (11, 0.99);
    assert_eq!(with(busy), Some((Cause::CpuBusy { worst: 0.99, share: 0.11 }, false)));
    assert_eq!(with(|watch| watch.busy = 10), None);
    let starved = Cause::Starved { times: 2, by: Part::Dataset };
    assert_eq!(with(|watch| (watch.starved, watch.generate) = (2, 9)), Some((starved, false)));
    let starved = Cause::Starved { times: 2, by: Part::Protocol };
    assert_eq!(with(|watch| (watch.starved, watch.format) = (2, 9)), Some((starved, false)));
    assert_eq!(with(|watch| watch.starved = 1), None);
    assert_eq!(
        with(|watch| watch.stalls = 1),
        Some((Cause::Stalled { times: 1, backlog: 0 }, false))
    );
    assert_eq!(with(|watch| watch.clock_steps = 1), Some((Cause::ClockSteps { steps: 1 }, false)));
    let by_user_stamps = cause(&user_stamped(), |summary, evidence| {
        summary.point.stamps = StampSource::User;
        evidence.watch.clock_steps = 1;
    });
    assert_eq!(by_user_stamps, None, "they are on the monotonic clock");
    let restarts = Cause::PluginRestarts { times: 3 };
    assert_eq!(with(|watch| watch.plugin_restarts = 3), Some((restarts, false)));
    let inexact = Cause::InexactPrompts { prompts: 5 };
    assert_eq!(with(|watch| watch.inexact_prompts = 5), Some((inexact, false)));
}

#[test]
fn samples_are_folded() {
    let mut watch = Watch::default();
    let sample = Sample { cpu: 0.5, timer_late: 5, starved: 1, backlog: 7, ..Sample::default() };
    watch.see(&sample);
    watch.see(&Sample { cpu: 0.96, timer_late: 2 * MS, starved: 2, backlog: 3, ..sample });
    assert_eq!((watch.samples, watch.busy, watch.timer_late), (2, 1, 1));
    assert_eq!((watch.worst_cpu, watch.worst_timer), (0.96, 2 * MS));
    assert_eq!((watch.starved, watch.peak_backlog), (3, 7));
    watch.see(&Sample { refusal_waits: 2, refusal_wait: 5, ..sample });
    watch.see(&Sample { refusal_waits: 1, refusal_wait: 4, ..sample });
    assert_eq!((watch.refusal_waits, watch.refusal_wait), (3, 9));
}

#[test]
fn token_counts_are_compared() {
    let sources = |all: &[(TokenSource, u64)]| {
        let all = all.iter().copied().collect();
        cause(&closed(1), move |s, _| s.tokens.output_sources.clone_from(&all))
    };
    assert_eq!(sources(&[(TokenSource::Usage, 100)]), None);
    assert_eq!(
        sources(&[(TokenSource::Usage, 75), (TokenSource::Tokenizer, 25)]),
        Some((Cause::UnlikeSources { requests: 25, share: 0.25 }, false))
    );
    assert_eq!(
        sources(&[(TokenSource::Usage, 75), (TokenSource::None, 25)]),
        Some((Cause::Uncounted { requests: 25, share: 0.25 }, false))
    );
    let counts =
        |usage: u64, tokenizer: u64| cause(&closed(1), move |_, e| e.output = (usage, tokenizer));
    assert_eq!(counts(1_000, 900), None);
    assert_eq!(
        counts(1_000, 899),
        Some((Cause::CountsDiffer { usage: 1_000, tokenizer: 899 }, false))
    );
    assert_eq!(counts(0, 1), Some((Cause::CountsDiffer { usage: 0, tokenizer: 1 }, false)));
}

#[test]
fn prompts_made_to_length_are_held_against_what_the_service_counts() {
    let counted = |usage: u32, turn: u32| {
        let mut metrics = Metrics::new(&closed(1));
        let mut record = reply(0, &[MS]);
        (record.usage.input_tokens, record.turn) = (Some(usage), turn);
        record.made_input = Some(1_000);
        metrics.record(&record);
        // One that the dataset knows nothing of, and one that the service does not count.
        metrics.record(&reply(2 * MS, &[3 * MS]));
        record.input_source = TokenSource::Dataset;
        metrics.record(&record);
        let summary = metrics.finish(&Closing { kernel_stamps: true, ..Closing::default() });
        summary.doubts.first().map(|doubt| doubt.cause)
    };
    assert_eq!(counted(1_000, 0), None);
    assert_eq!(counted(1_010, 0), None);
    let differs = |usage: u64| Some(Cause::InputDiffers { made: 1_000, usage });
    assert_eq!(counted(1_011, 0), differs(1_011));
    assert_eq!(counted(989, 0), differs(989));
    assert_eq!(counted(3_000, 1), None, "what was said before counts, too");
}

#[test]
fn local_limits_are_counted_from_records() {
    let mut metrics = Metrics::new(&closed(1));
    metrics.record(&reply(0, &[MS]));
    metrics.record(&crate::metrics::tests::build::failed(Outcome::LocalLimit, None, MS));
    let summary = metrics.finish(&Closing { kernel_stamps: true, ..Closing::default() });
    let causes: Vec<Cause> = summary.doubts.iter().map(|doubt| doubt.cause).collect();
    assert!(causes.contains(&Cause::LocalLimits { attempts: 1, share: 0.0 }), "{causes:?}");
}

#[test]
fn requests_that_local_limits_kept_back_hide_a_missed_rate() {
    let with = |plan: &Plan, unsent: u64| {
        cause(plan, move |_, evidence| evidence.local_limits = (unsent, unsent))
    };
    let limits = |attempts, share| Cause::LocalLimits { attempts, share };
    assert_eq!(with(&open(25.0), 10), Some((limits(10, 0.1), false)));
    assert_eq!(with(&open(25.0), 11), Some((limits(11, 0.11), true)));
    assert_eq!(with(&closed(1), 50), Some((limits(50, 0.0), false)), "there is no rate to miss");
}

#[test]
fn a_mean_below_90_percent_of_the_workers_counts() {
    let with =
        |mean: f64| cause(&closed(1), move |summary, _| summary.concurrency.mean = Some(mean));
    assert_eq!(with(0.9), None);
    assert!(matches!(
        with(0.89),
        Some((Cause::ConcurrencyLow { asked: 1, mean: 0.89, .. }, false))
    ));
    let paced = cause(&open(25.0), |summary, _| summary.concurrency.mean = Some(0.1));
    assert_eq!(paced, None);
}

#[test]
fn grave_doubts_come_first_and_decide() {
    let doubts = doubted(&closed(1), |summary, evidence| {
        evidence.watch.stalls = 1;
        summary.counts.succeeded = 0;
    });
    assert_eq!(doubts[0].cause, Cause::NothingMeasured { failed: 0 });
    assert_eq!(Verdict::of(&doubts), Verdict::NotValid);
    assert_eq!(Verdict::of(&doubts[1..]), Verdict::ValidWithDoubts);
    assert_eq!(Verdict::of(&[]), Verdict::Valid);
}

/// Every cause once.
fn all_causes() -> Vec<Cause> {
    vec![
        Cause::NothingMeasured { failed: 12 },
        Cause::EndedEarly { ending: Ending::Interrupted },
        Cause::Failures { share: 0.05 },
        Cause::Dropped { dropped: 40, share: 0.02 },
        Cause::RateMissed { due: 100.0, sent: 90.0 },
        Cause::LateSlots { late: 10, connecting: 2, share: 0.05, p99: 3 * MS },
        Cause::LateSlots { late: 10, connecting: 9, share: 0.05, p99: 3 * MS },
        Cause::ConcurrencyMissed { asked: 8, peak: 3 },
        Cause::RefusalWaits { times: 9, waited: 1_900 * MS },
        Cause::ConcurrencyLow { asked: 16, mean: 13.9, steady: 16.0 },
        Cause::ConcurrencyLow { asked: 16, mean: 9.0, steady: 9.5 },
        Cause::TimerLate { worst: 3 * MS },
        Cause::ReadLag { p50: MS / 10, p99: 3 * MS, max: 9 * MS },
        Cause::SharedStamps { share: 0.3 },
        Cause::UserStamps { http2: false },
        Cause::UserStamps { http2: true },
        Cause::ClockSteps { steps: 1 },
        Cause::CpuBusy { worst: 1.0, share: 0.4 },
        Cause::Starved { times: 20, by: Part::Dataset },
        Cause::Starved { times: 20, by: Part::Protocol },
        Cause::Stalled { times: 4, backlog: 3 << 20 },
        Cause::LocalLimits { attempts: 7, share: 0.0 },
        Cause::LocalLimits { attempts: 7, share: 0.2 },
        Cause::PluginRestarts { times: 1 },
        Cause::InexactPrompts { prompts: 3 },
        Cause::UnlikeSources { requests: 5, share: 0.1 },
        Cause::Uncounted { requests: 5, share: 0.1 },
        Cause::CountsDiffer { usage: 1_000, tokenizer: 800 },
        Cause::InputDiffers { made: 1_000, usage: 1_020 },
        Cause::SeveralChoices { choices: 4 },
        Cause::TextNotFound { requests: 5, share: 0.1 },
        Cause::ZeroUsage { requests: 1, share: 0.1 },
        Cause::OnePiece { requests: 5, share: 0.1 },
        Cause::ObjectiveAbsent { figure: Figure::Ttft, requests: 5, share: 0.1 },
        Cause::Drift { figure: Figure::Ttft, first: 1e7, second: 1.5e7 },
    ]
}

#[test]
fn every_doubt_has_its_words() {
    let plan = open(100.0);
    let words: String = all_causes()
        .into_iter()
        .map(|cause| {
            let doubt = wording::doubt(&plan, cause, false);
            let figures: Vec<&str> = doubt.figures.iter().map(|figure| figure.label()).collect();
            let (statement, advice, bound) = (doubt.statement, doubt.advice, doubt.bound);
            format!("{statement}\n  [{}] {bound:?}\n  {advice}\n", figures.join(", "))
        })
        .collect();
    insta::assert_snapshot!(words);
}

#[test]
fn doubts_survive_json() {
    let plan = closed(4);
    for cause in all_causes() {
        let doubt = wording::doubt(&plan, cause, true);
        let stored = serde_json::to_string(&doubt).unwrap();
        assert_eq!(serde_json::from_str::<Doubt>(&stored).unwrap(), doubt);
    }
}

/// A number for each cause: a new one does not compile here until it is listed above, too.
fn position(cause: &Cause) -> usize {
    match cause {
        Cause::NothingMeasured { .. } => 0,
        Cause::EndedEarly { .. } => 1,
        Cause::Failures { .. } => 2,
        Cause::Dropped { .. } => 3,
        Cause::RateMissed { .. } => 4,
        Cause::LateSlots { .. } => 5,
        Cause::ConcurrencyMissed { .. } => 6,
        Cause::TimerLate { .. } => 7,
        Cause::ReadLag { .. } => 8,
        Cause::SharedStamps { .. } => 9,
        Cause::UserStamps { .. } => 10,
        Cause::ClockSteps { .. } => 11,
        Cause::CpuBusy { .. } => 12,
        Cause::Starved { .. } => 13,
        Cause::Stalled { .. } => 14,
        Cause::LocalLimits { .. } => 15,
        Cause::PluginRestarts { .. } => 16,
        Cause::InexactPrompts { .. } => 17,
        Cause::UnlikeSources { .. } => 18,
        Cause::Uncounted { .. } => 19,
        Cause::CountsDiffer { .. } => 20,
        Cause::SeveralChoices { .. } => 21,
        Cause::InputDiffers { .. } => 22,
        Cause::Drift { .. } => 23,
        Cause::RefusalWaits { .. } => 24,
        Cause::ConcurrencyLow { .. } => 25,
        Cause::TextNotFound { .. } => 26,
        Cause::ZeroUsage { .. } => 27,
        Cause::OnePiece { .. } => 28,
        Cause::ObjectiveAbsent { .. } => 29,
    }
}

#[test]
fn no_cause_is_left_without_words() {
    let covered: std::collections::BTreeSet<usize> = all_causes().iter().map(position).collect();
    assert_eq!(covered, (0..30).collect());
}
