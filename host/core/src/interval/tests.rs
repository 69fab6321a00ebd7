//! Rows against the oracle of the summary, over the records between two samples; EvalScope's keys
//! against the summary; and the table against `docs/EXPORTERS.md`.

use super::*;
use crate::export::MetricKind;
use crate::metrics::Metric as CoreMetric;
use crate::outcome::Outcome;
use crate::plan::Objectives;
use crate::sample::PointEnd;
use crate::summary::SummaryBuilder;
use crate::summary::tests::build::{failed, records};
use crate::summary::tests::oracle;
use crate::testkit::{closed, open, quantity, record, service_metric};
use proptest::prelude::*;
use std::collections::BTreeMap;

const PAGE: &str = include_str!("../../../../docs/EXPORTERS.md");

const SECOND: u64 = crate::SECOND;

/// The values of a row by name.
type Named = BTreeMap<String, f64>;

fn named(names: RowNames, row: &Row) -> Named {
    let metrics = names.metrics(&[]);
    assert_eq!(metrics.len(), row.values.len());
    let all = metrics.into_iter().zip(&row.values);
    all.filter_map(|(metric, value)| Some((metric.name, (*value)?))).collect()
}

fn sample(at: u64) -> Sample {
    Sample { at, ..Sample::default() }
}

/// Rows of pieces, each of which ends with a sample.
fn rows(names: RowNames, plan: &Plan, pieces: &[(Vec<Record>, Sample)]) -> Vec<Row> {
    let mut builder = RowBuilder::new(names);
    builder.begin_point(plan, 0);
    let row = |(records, sample): &(Vec<Record>, Sample)| {
        records.iter().for_each(|record| builder.record(record));
        builder.sample(sample)
    };
    pieces.iter().map(row).collect()
}

fn near(found: f64, expected: f64) -> bool {
    (found - expected).abs() <= 1e-9 * expected.abs().max(1e-9)
}

/// Mean, median and 99th percentile of `values` in seconds; the mean within half a nanosecond.
fn is_over(row: &Named, name: &str, values: &[oracle::Fraction]) -> Result<(), TestCaseError> {
    let found = |stat: &str| row.get(&format!("{name}_{stat}")).copied();
    if values.is_empty() {
        prop_assert_eq!([found("mean"), found("p50"), found("p99")], [None; 3]);
        return Ok(());
    }
    let mut sorted: Vec<u64> = values.iter().map(oracle::Fraction::nearest).collect();
    sorted.sort_unstable();
    let rank = |share: f64| sorted[((share * sorted.len() as f64).ceil() as usize).max(1) - 1];
    let mean = values.iter().map(oracle::Fraction::float).sum::<f64>() / values.len() as f64;
    prop_assert!((found("mean").unwrap() * 1e9 - mean).abs() < 1.0 + mean * 1e-9);
    prop_assert!(near(found("p50").unwrap(), rank(0.5) as f64 / 1e9));
    prop_assert!(near(found("p99").unwrap(), rank(0.99) as f64 / 1e9));
    Ok(())
}

/// Records in one to five pieces, each with a sample about a second after the one before it.
fn pieces() -> impl Strategy<Value = Vec<(Vec<Record>, Sample)>> {
    let times = (any::<[u32; 3]>(), SECOND / 2..2 * SECOND);
    prop::collection::vec((records(), times), 1..6).prop_map(|pieces| {
        let mut at = SECOND;
        let piece =
            |(records, ([in_flight, ready, starved], span)): (Vec<Record>, ([u32; 3], u64))| {
                at += span;
                (
                    records,
                    Sample {
                        at,
                        in_flight,
                        ready,
                        starved: u64::from(starved),
                        ..Sample::default()
                    },
                )
            };
        pieces.into_iter().map(piece).collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn a_row_is_over_the_records_between_two_samples(pieces in pieces()) {
        let found = rows(RowNames::Own, &closed(2), &pieces);
        let mut all: Vec<Record> = Vec::new();
        let mut starved = 0;
        let mut from = None;
        for ((records, sample), row) in pieces.iter().zip(&found) {
            let before = oracle::totals(&all);
            all.extend(records.iter().cloned());
            let totals = oracle::totals(&all);
            starved += sample.starved;
            prop_assert_eq!(row.at, sample.at as f64 / 1e9);
            let row = named(RowNames::Own, row);
            for (name, metric) in [
                ("ttft", CoreMetric::Ttft),
                ("latency", CoreMetric::Latency),
                ("tpot", CoreMetric::Tpot),
                ("itl", CoreMetric::Itl),
                ("dispatch_delay", CoreMetric::DispatchDelay),
            ] {
                is_over(&row, name, &oracle::values(metric, records))?;
            }
            for (name, count) in [
                ("requests", totals.total),
                ("completed", totals.succeeded),
                ("failed", totals.total - totals.succeeded),
                ("dropped", totals.dropped),
                ("retried", totals.retried),
                ("in_flight", u64::from(sample.in_flight)),
                ("ready", u64::from(sample.ready)),
                ("starved", starved),
            ] {
                prop_assert_eq!(row[name], count as f64, "{}", name);
            }
            prop_assert_eq!(row.get("output_tokens").copied(), totals.output.map(|sum| sum as f64));
            let ended = totals.total - before.total;
            let succeeded = totals.succeeded - before.succeeded;
            let ratio = (ended > 0).then(|| (ended - succeeded) as f64 / ended as f64);
            prop_assert_eq!(row.get("error_ratio").copied(), ratio);
            if let Some(from) = from {
                let span = (sample.at - from) as f64 / 1e9;
                prop_assert!(near(row["request_rate"], succeeded as f64 / span));
                let tokens = totals.output.map(|sum| (sum - before.output.unwrap_or(0)) as f64);
                prop_assert!(tokens.is_none_or(|sum| near(row["output_token_rate"], sum / span)));
            }
            from = Some(sample.at);
        }
    }

    #[test]
    fn what_comes_later_does_not_change_a_row(pieces in pieces(), cut in 0..6_usize) {
        for names in [RowNames::Own, RowNames::EvalScope] {
            let whole = rows(names, &closed(2), &pieces);
            let cut = cut.min(pieces.len());
            prop_assert_eq!(&rows(names, &closed(2), &pieces[..cut])[..], &whole[..cut]);
        }
    }

    #[test]
    fn evalscopes_values_end_as_the_summary_has_them(pieces in pieces(), open_loop in any::<bool>()) {
        let plan = if open_loop { open(7.5) } else { closed(3) };
        let found = rows(RowNames::EvalScope, &plan, &pieces);
        let last = named(RowNames::EvalScope, found.last().unwrap());
        let mut builder = SummaryBuilder::new(&plan);
        pieces.iter().flat_map(|(records, _)| records).for_each(|record| builder.record(record));
        let summary = builder.finish(&PointEnd::default());
        for &metric in CoreMetric::ALL {
            let Some(names) = metric.definition().evalscope else { continue };
            let Some(key) = names.summary else { continue };
            let mean = summary.metrics.get(metric).map(|distribution| distribution.mean);
            let expected = mean.or_else(|| summary.value(metric)).map(|value| value / names.divisor);
            let value = last.get(key).copied();
            prop_assert!(
                value.zip(expected).map_or(value == expected, |(a, b)| near(a, b)),
                "{}: {:?} {:?}", key, value, expected
            );
        }
        let counts = summary.counts;
        for (key, expected) in [
            ("Test Duration (s)", summary.duration.map(|span| span as f64 / 1e9)),
            ("Concurrency", (!open_loop).then_some(3.0)),
            ("Request Rate (req/s)", open_loop.then_some(7.5)),
            ("Total Requests", Some(counts.total as f64)),
            ("Success Requests", Some(counts.succeeded as f64)),
            ("Failed Requests", Some(counts.failed as f64)),
            ("Stream Requests", Some(counts.streamed as f64)),
            ("Non-Stream Requests", Some((counts.succeeded - counts.streamed) as f64)),
        ] {
            prop_assert_eq!(last.get(key).copied(), expected, "{}", key);
        }
    }
}

/// 1 + 2 requests of two tokens, 10 input tokens each, and a failure.
fn by_hand() -> Vec<(Vec<Record>, Sample)> {
    let ms = 1_000_000;
    let mut warmup = record(0, &[5]);
    warmup.warmup = true;
    let first = record(100 * ms, &[150 * ms, 180 * ms]);
    let second = record(200 * ms, &[290 * ms, 340 * ms]);
    let third = record(300 * ms, &[310 * ms, 320 * ms]);
    let lost = failed(Outcome::Status(503), Some(400 * ms), 500 * ms);
    vec![
        (vec![warmup, first], sample(1_100 * ms)),
        (vec![second, lost], sample(2_100 * ms)),
        (vec![third], sample(2_200 * ms)),
        (vec![], sample(3_200 * ms)),
    ]
}

#[test]
fn the_first_row_begins_with_its_requests_and_short_ones_borrow_the_row_before() {
    let all: Vec<Named> = rows(RowNames::Own, &closed(2), &by_hand())
        .iter()
        .map(|row| named(RowNames::Own, row))
        .collect();
    let rates: Vec<f64> = all.iter().map(|row| row["request_rate"]).collect();
    // 100 ms after the one before, the third row is over 1.1 s.
    assert_eq!(rates, [1.0, 1.0, 2.0 / 1.1, 0.0]);
    let errors: Vec<Option<f64>> = all.iter().map(|row| row.get("error_ratio").copied()).collect();
    assert_eq!(errors, [Some(0.0), Some(0.5), Some(0.0), None]);
    let ttft: Vec<Option<f64>> = all.iter().map(|row| row.get("ttft_p50").copied()).collect();
    assert_eq!(ttft, [Some(0.05), Some(0.09), Some(0.01), None]);
    assert_eq!(
        (all[3]["completed"], all[3]["input_tokens"], all[3]["output_tokens"]),
        (3.0, 30.0, 6.0)
    );
}

#[test]
fn rows_are_dated_by_the_points_clock_and_counters_begin_anew() {
    let (mut own, mut compat) =
        (RowBuilder::new(RowNames::Own), RowBuilder::new(RowNames::EvalScope));
    for begun in [2 * SECOND, 5 * SECOND] {
        for (builder, names) in [(&mut own, RowNames::Own), (&mut compat, RowNames::EvalScope)] {
            builder.begin_point(&closed(2), begun);
            builder.record(&record(begun, &[begun + 1_000, begun + 2_000]));
            let row = builder.sample(&sample(begun + SECOND));
            let total = if names == RowNames::Own { "requests" } else { "Total Requests" };
            assert_eq!(named(names, &row)[total], 1.0);
            // With EvalScope's names, time goes on from the first point.
            let expected = if names == RowNames::Own { 1.0 } else { (begun / SECOND - 1) as f64 };
            assert_eq!(row.at, expected);
        }
    }
}

#[test]
fn what_the_service_tells_of_itself_follows_under_its_keys() {
    use crate::service::ServiceKind::{Level, Share, Time, Total};
    let mut plan = closed(2);
    let declared = [("audio", Total), ("cached", Share), ("depth", Level), ("queue_time", Time)];
    plan.request.metrics = declared.map(|(name, kind)| service_metric(name, kind)).into();
    let metrics = RowNames::Own.metrics(&plan.request.metrics);
    let own = &metrics[ROWS.len()..];
    let kinds: Vec<_> = own.iter().map(|metric| (&*metric.name, metric.kind)).collect();
    let expected = [
        ("metric:audio", MetricKind::Counter),
        ("metric:cached", MetricKind::Ratio),
        ("metric:depth", MetricKind::Gauge),
        ("metric:queue_time", MetricKind::Duration),
    ];
    assert_eq!(kinds, expected);
    assert_eq!(own[3].label, "queue time, mean (s)");
    let told = |values: &[(&str, f64)]| {
        let mut record = record(0, &[1]);
        record.metrics = values.iter().map(|(name, value)| quantity(name, *value)).collect();
        record
    };
    let mut warmup = told(&[("audio", 100.0), ("depth", 100.0)]);
    warmup.warmup = true;
    let mut lost = told(&[("audio", 100.0), ("depth", 100.0)]);
    lost.outcome = Outcome::Reset;
    let pieces = [
        (
            vec![told(&[("audio", 2.0), ("depth", 1.0)]), told(&[("depth", 4.0)]), warmup],
            sample(SECOND),
        ),
        (vec![told(&[("queue_time", 0.5), ("undeclared", 7.0)]), lost], sample(2 * SECOND)),
        (
            vec![told(&[("audio", 3.0), ("depth", f64::MAX)]), told(&[("depth", f64::MAX)])],
            sample(3 * SECOND),
        ),
    ];
    let found = rows(RowNames::Own, &plan, &pieces);
    let last_four = |row: &Row| row.values[metrics.len() - 4..].to_vec();
    assert_eq!(last_four(&found[0]), [Some(2.0), None, Some(2.5), None]);
    assert_eq!(last_four(&found[1]), [Some(2.0), None, None, Some(0.5)]);
    assert_eq!(
        last_four(&found[2]),
        [Some(5.0), None, None, None],
        "a mean that overflows is none"
    );
    assert_eq!(RowNames::EvalScope.metrics(&plan.request.metrics).len(), COMPAT.len());
}

#[test]
fn goodput_is_a_metric_where_there_are_objectives() {
    let mut plan = closed(2);
    let pieces = by_hand();
    let goodput = |plan: &Plan| -> Vec<Option<f64>> {
        let row = |row: &Row| named(RowNames::Own, row).get("goodput").copied();
        rows(RowNames::Own, plan, &pieces).iter().map(row).collect()
    };
    assert_eq!(goodput(&plan), [None; 4]);
    plan.objectives = Objectives { ttft: Some(60_000_000), ..Objectives::default() };
    assert_eq!(goodput(&plan), [Some(1.0), Some(0.0), Some(1.0 / 1.1), Some(0.0)]);
}

#[test]
fn evalscopes_keys_of_turns_caches_and_speculation() {
    let with = |turn, cached, output, frames: &[u64]| {
        let mut record = record(0, frames);
        record.turn = turn;
        (record.usage.cached_tokens, record.usage.output_tokens) = (cached, Some(output));
        record
    };
    let last = |records: Vec<Record>| {
        let found = rows(RowNames::EvalScope, &closed(1), &[(records, sample(SECOND))]);
        named(RowNames::EvalScope, &found[0])
    };
    let ms = 1_000_000;
    // 9 tokens after the first in 3 gaps: 3 a frame.
    let first = with(0, None, 10, &[10 * ms, 20 * ms, 30 * ms, 40 * ms]);
    let second = with(1, Some(5), 2, &[30 * ms, 40 * ms]);
    let values = last(vec![first, second]);
    assert_eq!(values["Avg Turns/Request"], 1.5);
    assert_eq!(values["KV Cache Hit Rate (%)"], 50.0);
    assert_eq!(values["Avg First-Turn TTFT (ms)"], 10.0);
    assert_eq!(values["Avg Subsequent-Turn TTFT (ms)"], 30.0);
    assert_eq!(values["Avg Decoded Tok/Iter"], 3.0);
    assert!(near(values["Spec. Accept Rate"], 2.0 / 3.0));
    assert_eq!(values.get("Input Throughput (tok/s)"), None);

    // An embedding: 10 tokens in 100 ms.
    let mut embedding = with(0, None, 0, &[]);
    (embedding.streamed, embedding.timeline.end) = (false, 100 * ms);
    let values = last(vec![embedding]);
    assert_eq!(values["Input Throughput (tok/s)"], 100.0);
    for key in ["Avg Turns/Request", "Avg TTFT (ms)", "KV Cache Hit Rate (%)", "Spec. Accept Rate"]
    {
        assert_eq!(values.get(key), None, "{key}");
    }
}

/// The keys that EvalScope 1.14.1 logs.
#[test]
fn evalscopes_keys_are_exactly_its_own() {
    let keys = "Test Duration (s), Concurrency, Request Rate (req/s), Total Requests, Success Requests, \
        Failed Requests, Stream Requests, Non-Stream Requests, Req Throughput (req/s), Avg Latency (s), \
        Avg Input Tokens, Output Throughput (tok/s), Total Throughput (tok/s), Avg TTFT (ms), \
        Avg TPOT (ms), Avg ITL (ms), Avg Output Tokens, Input Throughput (tok/s), Avg Turns/Request, \
        KV Cache Hit Rate (%), Avg First-Turn TTFT (ms), Avg Subsequent-Turn TTFT (ms), \
        Avg Decoded Tok/Iter, Spec. Accept Rate";
    let names: Vec<String> =
        RowNames::EvalScope.metrics(&[]).into_iter().map(|metric| metric.name).collect();
    assert_eq!(names.join(", "), keys);
}

#[test]
fn every_row_metric_is_documented_as_defined() {
    let section = PAGE.split_once("\n## Metrics of rows\n").unwrap().1;
    let section = section.split_once("\n## ").map_or(section, |(section, _)| section);
    let documented: Vec<&str> = section.lines().filter(|line| line.starts_with("| `")).collect();
    let expected: Vec<String> = ROWS
        .iter()
        .map(|row| {
            let kind = format!("{:?}", row.kind).to_lowercase();
            let (name, label, unit, formula) = (row.name, row.label, row.unit, row.formula);
            format!("| `{name}` | {label} | `{unit}` | {kind} | {formula} |")
        })
        .collect();
    assert_eq!(documented, expected);
}
