//! Checks of token counts, of what they can be told apart by, and of the steady state.

use super::*;
use crate::checks::kinds::{counts_differ, drift, input_differs};
use crate::ports::MAX_PROMPT_TOKENS;
use crate::record::{Record, TokenSource};

pub(super) fn examples() -> Vec<Example> {
    let moved = Drift { metric: Metric::Ttft, first: 1e7, second: 1.5e7 };
    let impossible = ImpossibleCounts {
        requests: 3,
        share: 0.1,
        output_above_bytes: 2,
        cached_above_input: 1,
        ..nothing_impossible()
    };
    let limits = [
        share(drift::RAISED),
        format!("{} requests", drift::LEAST),
        format!("{} standard errors", drift::STANDARD_ERRORS),
        Metric::Tpot.label().into(),
        Metric::Latency.label().into(),
    ];
    vec![
        example(UnlikeSources { requests: 5, share: 0.1 }, &[]),
        example(Uncounted { requests: 5, share: 0.1 }, &[]),
        example(impossible, &[MAX_PROMPT_TOKENS.to_string()]),
        example(CountsDiffer { usage: 1_000, tokenizer: 800 }, &[whole(counts_differ::RAISED)]),
        example(InputDiffers { dataset: 1_000, usage: 1_020 }, &[whole(input_differs::RAISED)]),
        example(InexactPrompts { prompts: 3 }, &[]),
        example(SeveralChoices { choices: 4 }, &[]),
        example(moved, &limits),
    ]
}

fn nothing_impossible() -> ImpossibleCounts {
    ImpossibleCounts {
        requests: 0,
        share: 0.0,
        output_above_bytes: 0,
        input_too_large: 0,
        cached_above_input: 0,
        reasoning_above_output: 0,
    }
}

#[test]
fn counts_are_held_against_what_was_sent_and_received() {
    type Change = fn(&mut Record);
    let one = ImpossibleCounts { requests: 1, share: 1.0, ..nothing_impossible() };
    let output = ImpossibleCounts { output_above_bytes: 1, ..one };
    let input = ImpossibleCounts { input_too_large: 1, ..one };
    let cached = ImpossibleCounts { cached_above_input: 1, ..one };
    let reasoning = ImpossibleCounts { reasoning_above_output: 1, ..one };
    // Of 1,000 bytes, 10 input tokens and 4 output tokens.
    let cases: [(Change, Option<ImpossibleCounts>); 12] = [
        (|it| it.usage.output_tokens = Some(1_000), None),
        (|it| it.usage.output_tokens = Some(1_001), Some(output)),
        (|it| it.usage.output_tokens = Some(u32::MAX), Some(output)),
        (|it| it.frames[0].tokens = Some(997), None),
        (|it| it.frames[0].tokens = Some(998), Some(output)),
        (|it| it.usage.input_tokens = Some(MAX_PROMPT_TOKENS), None),
        (|it| it.usage.input_tokens = Some(MAX_PROMPT_TOKENS + 1), Some(input)),
        (|it| it.usage.cached_tokens = Some(10), None),
        (|it| it.usage.cached_tokens = Some(2_940), Some(cached)),
        (|it| it.usage.reasoning_tokens = Some(4), None),
        (|it| it.usage.reasoning_tokens = Some(5), Some(reasoning)),
        (
            |it| (it.usage.reasoning_tokens, it.usage.output_tokens) = (Some(9_000), Some(10_000)),
            None,
        ),
    ];
    for (number, (change, expected)) in cases.into_iter().enumerate() {
        let mut builder = SummaryBuilder::new(&closed(1));
        let mut record = reply(0, &[MS, 2 * MS, 3 * MS, 4 * MS]);
        change(&mut record);
        builder.record(&record);
        let summary = builder.finish(&PointEnd { kernel_timestamps: true, ..PointEnd::default() });
        let mut found = summary.warnings.iter().map(|warning| warning.check);
        let found = found.find(|check| kind(check) == "impossible_counts");
        assert_eq!(found, expected.map(Check::from), "case {number}");
    }
}

#[test]
fn output_tokens_are_counted_and_in_one_way() {
    let with = |all: &[(TokenSource, u64)]| {
        let all: std::collections::BTreeMap<TokenSource, u64> = all.iter().copied().collect();
        raised(&closed(1), move |evidence| evidence.output_sources.clone_from(&all))
    };
    assert_eq!(with(&[(TokenSource::Usage, 100)]), None);
    assert_eq!(
        with(&[(TokenSource::Usage, 75), (TokenSource::Tokenizer, 25)]),
        some(UnlikeSources { requests: 25, share: 0.25 })
    );
    assert_eq!(
        with(&[(TokenSource::Usage, 75), (TokenSource::None, 25)]),
        some(Uncounted { requests: 25, share: 0.25 })
    );
}

#[test]
fn counts_differ_above_ten_percent_of_usage() {
    let with = |usage: u64, client: u64| {
        raised(&closed(1), move |evidence| evidence.output = TokenCounts { usage, client })
    };
    let differ = |usage: u64, tokenizer: u64| some(CountsDiffer { usage, tokenizer });
    assert_eq!(with(1_000, 900), None);
    assert_eq!(with(1_000, 899), differ(1_000, 899));
    assert_eq!(with(1_000, 1_100), None);
    assert_eq!(with(1_000, 1_101), differ(1_000, 1_101));
    assert_eq!(with(0, 1), differ(0, 1));
}

#[test]
fn prompts_made_to_length_are_held_against_what_the_service_counts() {
    let counted = |usage: u32, turn: u32| {
        let mut builder = SummaryBuilder::new(&closed(1));
        let mut record = reply(0, &[MS]);
        (record.usage.input_tokens, record.turn) = (Some(usage), turn);
        record.dataset_input_tokens = Some(1_000);
        builder.record(&record);
        // One whose length the dataset does not know, and one that the service does not count.
        builder.record(&reply(2 * MS, &[3 * MS]));
        record.input_source = TokenSource::Dataset;
        builder.record(&record);
        let summary = builder.finish(&PointEnd { kernel_timestamps: true, ..PointEnd::default() });
        summary.warnings.first().map(|warning| warning.check)
    };
    let differs = |usage: u64| some(InputDiffers { dataset: 1_000, usage });
    assert_eq!(counted(1_000, 0), None);
    assert_eq!(counted(1_010, 0), None);
    assert_eq!(counted(1_011, 0), differs(1_011));
    assert_eq!(counted(990, 0), None);
    assert_eq!(counted(989, 0), differs(989));
    assert_eq!(counted(3_000, 1), None, "what was said before counts, too");
}

#[test]
fn every_inexact_prompt_counts() {
    let with = |prompts: u64| raised(&closed(1), move |e| e.health.inexact_prompts = prompts);
    assert_eq!(with(0), None);
    assert_eq!(with(1), some(InexactPrompts { prompts: 1 }));
}

#[test]
fn several_choices_interleave_the_frames_of_streams() {
    let with = |choices: u32, streamed: u64| {
        let mut plan = closed(1);
        plan.request.choices = choices;
        raised(&plan, |evidence| evidence.counts.streamed = streamed)
    };
    assert_eq!(with(1, 100), None);
    assert_eq!(with(2, 100), some(SeveralChoices { choices: 2 }));
    assert_eq!(with(2, 0), None);
}

#[test]
fn a_mean_that_moves_by_more_than_chance_is_a_drift() {
    // Means of two halves of `count` requests each.
    let with = |count: u64, first: f64, second: f64, variance: f64| {
        raised(&closed(1), move |evidence| {
            let half = |mean: f64| Moments { count, mean, variance };
            let (first, second) = (half(first), half(second));
            evidence.halves = vec![Halves { metric: Metric::Tpot, first, second }];
        })
    };
    let drift = |second: f64| some(Drift { metric: Metric::Tpot, first: 100.0, second });
    assert_eq!(with(50, 100.0, 110.0, 0.0), None);
    assert_eq!(with(50, 100.0, 110.1, 0.0), drift(110.1));
    assert_eq!(with(50, 100.0, 89.9, 0.0), drift(89.9));
    assert_eq!(with(30, 100.0, 120.0, 0.0), drift(120.0));
    assert_eq!(with(29, 100.0, 120.0, 0.0), None);
    // The standard error is √(400 / 50 + 400 / 50) = 4.
    assert_eq!(with(50, 100.0, 112.0, 400.0), None);
    assert_eq!(with(50, 100.0, 112.1, 400.0), drift(112.1));
}

#[test]
fn the_metric_that_moved_most_is_named() {
    let found = raised(&closed(1), |evidence| {
        let half = |mean: f64| Moments { count: 100, mean, variance: 0.0 };
        let moved = |metric, second| Halves { metric, first: half(100.0), second: half(second) };
        // A fall to a half is a larger move than a rise by a half.
        evidence.halves = vec![moved(Metric::Ttft, 150.0), moved(Metric::Latency, 50.0)];
    });
    assert_eq!(found, some(Drift { metric: Metric::Latency, first: 100.0, second: 50.0 }));
}
