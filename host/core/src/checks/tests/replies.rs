//! Checks of replies that lack what metrics are made of, from records.

use super::*;
use crate::checks::kinds::{objective_absent, one_piece};
use crate::record::Record;

pub(super) fn examples() -> Vec<Example> {
    vec![
        example(TextNotFound { requests: 5, share: 0.1 }, &[]),
        example(ZeroUsage { requests: 1, share: 0.1 }, &[]),
        example(OnePiece { requests: 5, share: 0.1 }, &[share(one_piece::RAISED)]),
        example(
            ObjectiveAbsent { metric: Metric::Ttft, requests: 5, share: 0.1 },
            &[share(objective_absent::RAISED)],
        ),
    ]
}

/// The checks that 9 plain replies of 4 tokens and `odd`, which comes after them, raise.
fn among(plan: &Plan, odd: &Record) -> Vec<Check> {
    let mut builder = SummaryBuilder::new(plan);
    for n in 0..9 {
        let sent = n * 40 * MS;
        builder.record(&reply(sent, &[10, 20, 30, 40].map(|at| sent + at * MS)));
    }
    builder.record(odd);
    let summary = builder.finish(&PointEnd { kernel_timestamps: true, ..PointEnd::default() });
    summary.warnings.iter().map(|warning| warning.check).collect()
}

/// A reply after those of [`among`], with output at these times, whose usage counts `tokens`.
fn counted(tokens: u32, frames: &[u64]) -> Record {
    let sent = 360 * MS;
    let mut record = reply(sent, &frames.iter().map(|at| sent + at * MS).collect::<Vec<_>>());
    record.timeline.end = sent + 40 * MS;
    record.usage.output_tokens = Some(tokens);
    record
}

#[test]
fn tokens_without_text_count_from_two_on() {
    let plan = closed(1);
    let found = Check::from(TextNotFound { requests: 1, share: 0.1 });
    assert_eq!(among(&plan, &counted(2, &[])), [found]);
    assert_eq!(among(&plan, &counted(1, &[])), [], "the token that ends a reply has no text");
    let whole = Record { streamed: false, ..counted(2, &[]) };
    assert_eq!(among(&plan, &whole), [], "it has no TTFT in any case");
}

#[test]
fn usage_of_no_token_beside_text_is_warned_of() {
    let found = Check::from(ZeroUsage { requests: 1, share: 0.1 });
    assert_eq!(among(&closed(1), &counted(0, &[10, 20])), [found]);
    assert_eq!(among(&closed(1), &Record { streamed: false, ..counted(0, &[40]) }), [found]);
    assert_eq!(among(&closed(1), &counted(1, &[10, 20])), []);
}

#[test]
fn a_reply_that_comes_whole_at_one_moment_shows_no_ttft_of_its_own() {
    let found = Check::from(OnePiece { requests: 1, share: 0.1 });
    assert_eq!(among(&closed(1), &counted(4, &[40])), [found]);
    assert_eq!(among(&closed(1), &counted(4, &[40, 40])), [found]);
    assert_eq!(among(&closed(1), &counted(1, &[40])), [], "one token comes at one moment");
    assert_eq!(among(&closed(1), &counted(4, &[39, 40])), []);
}

#[test]
fn replies_in_one_piece_count_above_five_percent_of_the_streams() {
    let with =
        |one_piece: u64| raised(&closed(1), move |evidence| evidence.replies.one_piece = one_piece);
    assert_eq!(with(5), None);
    assert_eq!(with(6), some(OnePiece { requests: 6, share: 0.06 }));
}

#[test]
fn an_objective_on_a_metric_that_replies_lack_is_warned_of() {
    let objectives = |ttft, tpot| Plan {
        objectives: crate::plan::Objectives { ttft, tpot, latency: Some(MS) },
        ..closed(1)
    };
    let absent = |metric| Check::from(ObjectiveAbsent { metric, requests: 1, share: 0.1 });
    let whole = Record { streamed: false, ..counted(4, &[40]) };
    assert_eq!(among(&objectives(Some(MS), None), &whole), [absent(Metric::Ttft)]);
    assert_eq!(among(&objectives(None, Some(MS)), &whole), [absent(Metric::Tpot)]);
    let both = [absent(Metric::Ttft), absent(Metric::Tpot)];
    assert_eq!(among(&objectives(Some(MS), Some(MS)), &whole), both);
    assert_eq!(among(&objectives(None, None), &whole), []);
    assert_eq!(among(&objectives(None, Some(MS)), &counted(1, &[40])), [], "nothing to miss");
}

#[test]
fn absent_objectives_count_above_one_percent() {
    let with = |requests: u64| {
        raised(&closed(1), move |evidence| evidence.replies.without_ttft = requests)
    };
    assert_eq!(with(1), None);
    let found = ObjectiveAbsent { metric: Metric::Ttft, requests: 2, share: 0.02 };
    assert_eq!(with(2), some(found));
}
