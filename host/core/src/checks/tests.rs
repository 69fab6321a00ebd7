//! Each check at its threshold, its words and its row in the documentation, and the verdict that
//! warnings add up to. The checks themselves are in the modules below, by topic.

use super::*;
use crate::plan::{Load, Plan, TimestampSource};
use crate::sample::{EndReason, PointEnd, Sample};
use crate::summary::SummaryBuilder;
use crate::summary::tests::build::reply;
use crate::testkit::{closed, open};
use std::collections::BTreeSet;

mod client;
mod counts;
mod documentation;
mod load;
mod outcome;
mod replies;

const MS: u64 = 1_000_000;

/// Evidence of 100 good replies of 4 tokens, 10 ms apart, one after the other, and of 100 samples.
fn good(plan: &Plan) -> Evidence {
    let mut builder = SummaryBuilder::new(plan);
    for n in 0..100 {
        let sent = n * 40 * MS;
        builder.record(&reply(sent, &[10, 20, 30, 40].map(|at| sent + at * MS)));
    }
    (0..100).for_each(|_| builder.sample(&Sample::default()));
    builder.sum_up(&PointEnd { kernel_timestamps: true, ..PointEnd::default() }).1
}

/// The warnings about the good run once `spoil` has changed it.
fn warnings(plan: &Plan, spoil: impl Fn(&mut Evidence)) -> Vec<Warning> {
    let mut evidence = good(plan);
    spoil(&mut evidence);
    assess(plan, &evidence)
}

/// The one check that `spoil` raises; none where it raises none.
fn raised(plan: &Plan, spoil: impl Fn(&mut Evidence)) -> Option<Check> {
    let warnings = warnings(plan, spoil);
    assert!(warnings.len() < 2, "{warnings:#?}");
    warnings.first().map(|warning| warning.check)
}

/// The check that something is.
fn some(found: impl Into<Check>) -> Option<Check> {
    Some(found.into())
}

fn invalidates(check: Option<Check>) -> bool {
    check.is_some_and(|check| check.finding().invalidates())
}

/// Something a check may find, and the limits that its documentation must name.
struct Example {
    check: Check,
    limits: Vec<String>,
}

fn example(found: impl Into<Check>, limits: &[String]) -> Example {
    Example { check: found.into(), limits: limits.to_vec() }
}

/// A limit given as a share, as the documentation writes it.
fn share(share: f64) -> String {
    format!("{:.0} %", share * 100.0)
}

/// A limit given in percent, as the documentation writes it.
fn whole(percent: u64) -> String {
    format!("{percent} %")
}

/// A limit given in nanoseconds, as the documentation writes it.
fn millis(nanos: Nanos) -> String {
    format!("{} ms", nanos as f64 / 1e6)
}

/// Every check at least once, in the order of the list.
fn examples() -> Vec<Example> {
    let topics = [
        outcome::examples(),
        load::examples(),
        client::examples(),
        replies::examples(),
        counts::examples(),
    ];
    topics.into_iter().flatten().collect()
}

fn kind(check: &Check) -> String {
    let value = serde_json::to_value(check).unwrap();
    value["kind"].as_str().unwrap().to_owned()
}

#[test]
fn a_good_run_is_valid() {
    for plan in [closed(1), open(25.0)] {
        let warnings = assess(&plan, &good(&plan));
        assert_eq!(warnings, []);
        assert_eq!(Verdict::of(&warnings), Verdict::Valid);
    }
}

#[test]
fn what_invalidates_comes_first_and_decides() {
    let warnings = warnings(&closed(1), |evidence| {
        evidence.health.stalls = 1;
        evidence.end_reason = EndReason::Interrupted;
        evidence.counts.succeeded = 0;
    });
    let kinds: Vec<String> = warnings.iter().map(|warning| kind(&warning.check)).collect();
    assert_eq!(kinds, ["nothing_measured", "ended_early", "stalled"]);
    assert_eq!(Verdict::of(&warnings), Verdict::NotValid);
    assert_eq!(Verdict::of(&warnings[1..]), Verdict::ValidWithWarnings);
    assert_eq!(Verdict::of(&[]), Verdict::Valid);
}

#[test]
fn samples_are_folded() {
    let mut health = EngineHealth::default();
    let sample = Sample { cpu: 0.5, timer_late: 5, starved: 1, backlog: 7, ..Sample::default() };
    health.add(&sample);
    health.add(&Sample { cpu: 0.96, timer_late: 2 * MS, starved: 2, backlog: 3, ..sample });
    assert_eq!((health.samples, health.busy, health.timer_late), (2, 1, 1));
    assert_eq!((health.worst_cpu, health.worst_timer), (0.96, 2 * MS));
    assert_eq!((health.starved, health.peak_backlog), (3, 7));
    health.add(&Sample { refusal_waits: 2, refusal_wait: 5, ..sample });
    health.add(&Sample { refusal_waits: 1, refusal_wait: 4, ..sample });
    assert_eq!((health.refusal_waits, health.refusal_wait), (3, 9));
    let edges = [Sample { cpu: 0.95, ..sample }, Sample { cpu: 0.949, timer_late: MS, ..sample }];
    edges.iter().for_each(|sample| health.add(sample));
    assert_eq!((health.busy, health.timer_late), (2, 1));
}

/// The statements themselves are quoted in the guide: see [`documentation`].
#[test]
fn statements_can_be_continued_and_advice_is_made_of_sentences() {
    let plan = open(100.0);
    for example in examples() {
        let Warning { statement, advice, .. } = example.check.warning(&plan);
        let lower = |c: char| c.is_lowercase() || c.is_numeric();
        let continues = statement.starts_with("HTTP") || statement.starts_with("TTFT");
        assert!(statement.starts_with(lower) || continues, "{statement}");
        assert!(!statement.ends_with(['.', ' ']), "{statement}");
        assert!(advice.starts_with(char::is_uppercase) && advice.ends_with('.'), "{advice}");
        assert!(![&statement, &advice].iter().any(|text| text.contains("  ")), "{advice}");
    }
}

#[test]
fn warnings_survive_json() {
    let plan = closed(4);
    for example in examples() {
        let warning = example.check.warning(&plan);
        let stored = serde_json::to_string(&warning).unwrap();
        assert_eq!(serde_json::from_str::<Warning>(&stored).unwrap(), warning);
    }
}

#[test]
fn every_check_has_an_example() {
    let with_example: BTreeSet<String> =
        examples().iter().map(|example| kind(&example.check)).collect();
    let kinds: BTreeSet<String> = Check::KINDS.iter().map(|&kind| kind.to_owned()).collect();
    assert_eq!(with_example, kinds);
}
