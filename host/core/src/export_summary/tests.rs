//! Summaries of exporters against the summary that they are made of, and buckets against sorted
//! values.

use super::*;
use crate::checks::Verdict;
use crate::export::{Distribution, ExportEnd};
use crate::metrics::Metric as CoreMetric;
use crate::plan::Plan;
use crate::record::Record;
use crate::sample::{EndReason, PointEnd};
use crate::service::ServiceKind;
use crate::summary::SummaryBuilder;
use crate::summary::tests::build::records;
use crate::summary::tests::oracle;
use crate::testkit::{closed, quantity, record, service_metric};
use proptest::prelude::*;
use std::collections::BTreeMap;

const PAGE: &str = include_str!("../../../../docs/EXPORTERS.md");

fn exported(plan: &Plan, records: &[Record]) -> (ExportSummary, Summary) {
    let mut builder = SummaryBuilder::new(plan);
    records.iter().for_each(|record| builder.record(record));
    let point_end = PointEnd { kernel_timestamps: true, ..PointEnd::default() };
    let (summary, histograms) = builder.finish_with_histograms(&point_end);
    (export_summary(&summary, &histograms, Documents::default(), 2.5), summary)
}

fn named(exported: &ExportSummary) -> BTreeMap<String, f64> {
    let metrics = summary_metrics();
    assert_eq!(metrics.len(), exported.values.len());
    let all = metrics.into_iter().zip(&exported.values);
    all.filter_map(|(metric, value)| Some((metric.name, (*value)?))).collect()
}

fn near(found: f64, expected: f64) -> bool {
    (found - expected).abs() <= 1e-9 * expected.abs().max(1e-9)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn percentiles_of_the_buckets_are_those_of_the_values(records in records()) {
        let (exported, _) = exported(&closed(2), &records);
        for metric in CoreMetric::distributions() {
            let mut sorted: Vec<f64> = oracle::values(metric, &records)
                .iter()
                .map(|value| value.nearest() as f64)
                .collect();
            sorted.sort_by(f64::total_cmp);
            let divisor = match metric.definition().unit {
                crate::metrics::Unit::Time => 1e9,
                crate::metrics::Unit::TokenRate => 1e6,
                _ => 1.0,
            };
            sorted.iter_mut().for_each(|value| *value /= divisor);
            let found = exported.distributions.iter().find(|all| all.metric == metric.key());
            let Some(found) = found else {
                prop_assert!(sorted.is_empty(), "{:?}", metric);
                continue;
            };
            let count = sorted.len();
            prop_assert_eq!(found.count, count as f64);
            prop_assert_eq!((found.min, found.max), (sorted[0], sorted[count - 1]));
            prop_assert!(near(found.sum, sorted.iter().sum()), "{:?}: {}", metric, found.sum);
            prop_assert_eq!(found.buckets.iter().map(|bucket| bucket.count).sum::<f64>(), found.count);
            prop_assert!(found.buckets.iter().all(|bucket| bucket.count > 0.0));
            let bounds: Vec<f64> = found.buckets.iter().map(|bucket| bucket.upper_bound).collect();
            prop_assert!(bounds.is_sorted_by(|a, b| a < b));
            prop_assert_eq!(found.quantiles.len(), crate::percentile::PERMILLES.len());
            for quantile in &found.quantiles {
                let rank = ((quantile.q * count as f64 - 1e-9).ceil() as usize).max(1);
                let exact = sorted[rank - 1];
                prop_assert_eq!(quantile.value, exact, "{:?} at {}", metric, quantile.q);
                let mut seen = 0.0;
                let bucket = found.buckets.iter().find(|bucket| {
                    seen += bucket.count;
                    seen >= rank as f64
                });
                let bucket = bucket.unwrap().upper_bound;
                prop_assert!(bucket >= exact && bucket <= exact * 1.01, "{} {}", bucket, exact);
            }
        }
    }

    #[test]
    fn values_are_those_of_the_summary(records in records()) {
        let (exported, summary) = exported(&closed(2), &records);
        let values = named(&exported);
        let totals = oracle::totals(&records);
        let seconds = totals.duration.map(|span| span as f64 / 1e9);
        for (name, expected) in [
            ("requests", Some(totals.total as f64)),
            ("completed", Some(totals.succeeded as f64)),
            ("failed", Some((totals.total - totals.succeeded) as f64)),
            ("dropped", Some(totals.dropped as f64)),
            ("cancelled", Some(totals.cancelled as f64)),
            ("retried", Some(totals.retried as f64)),
            ("warmup", Some(totals.warmup as f64)),
            ("duration", seconds),
            ("input_tokens", totals.input.map(|sum| sum as f64)),
            ("output_tokens", totals.output.map(|sum| sum as f64)),
        ] {
            prop_assert_eq!(values.get(name).copied(), expected, "{}", name);
        }
        if let Some(seconds) = seconds.filter(|&seconds| seconds > 0.0) {
            prop_assert!(near(values["request_throughput"], totals.succeeded as f64 / seconds));
        }
        let ttft = oracle::values(CoreMetric::Ttft, &records);
        let mean = ttft.iter().map(oracle::Fraction::float).sum::<f64>() / ttft.len() as f64 / 1e9;
        prop_assert!(values.get("ttft_mean").map_or(ttft.is_empty(), |&found| near(found, mean)));
        for distribution in &exported.distributions {
            for (suffix, q) in [("p50", 0.5), ("p90", 0.9), ("p99", 0.99)] {
                let quantile = distribution.quantiles.iter().find(|quantile| quantile.q == q);
                let value = values[&format!("{}_{suffix}", distribution.metric)];
                prop_assert_eq!(value, quantile.unwrap().value);
            }
        }
        prop_assert_eq!(exported.verdict, summary.verdict.name());
    }
}

#[test]
fn more_than_a_million_values_are_in_the_same_buckets() {
    // 1,100,000 gaps, all different, from 1 to 1,100 ms.
    let values = (1..=1_100_000_u64).map(|at| at * 1_000);
    let buckets = values.clone().collect::<crate::percentile::Values>().buckets();
    assert_eq!(buckets.sum, values.clone().map(u128::from).sum());
    assert_eq!(buckets.counts.iter().map(|(_, count)| count).sum::<u64>(), 1_100_000);
    assert_eq!(buckets.counts.last().map(|(bound, _)| *bound), Some(1_100_000_000));
    for permille in crate::percentile::PERMILLES {
        let rank = 1_100 * u64::from(permille);
        let mut seen = 0;
        let bucket = buckets.counts.iter().find(|(_, count)| {
            seen += count;
            seen >= rank
        });
        let (bound, exact) = (bucket.unwrap().0 as f64, rank as f64 * 1e3);
        // Each value is in a bucket of three digits first.
        assert!((bound / exact - 1.0).abs() < 0.01, "{permille}: {bound} {exact}");
    }
    let all = [0, 1, u64::MAX - 1, u64::MAX, u64::MAX];
    let buckets = all.into_iter().collect::<crate::percentile::Values>().buckets();
    assert_eq!(buckets.counts, [(0, 1), (1, 1), (u64::MAX, 3)]);
}

#[test]
fn the_end_the_verdict_and_the_documents_are_given_as_they_are() {
    let mut builder = SummaryBuilder::new(&closed(2));
    builder.record(&crate::summary::tests::build::failed(
        crate::outcome::Outcome::Status(503),
        Some(1),
        2,
    ));
    let point_end = PointEnd { end_reason: EndReason::ServerGone, ..PointEnd::default() };
    let (summary, histograms) = builder.finish_with_histograms(&point_end);
    let documents = Documents { summary: "{}".into(), percentile: "[]".into() };
    let exported = export_summary(&summary, &histograms, documents, 2.5);
    assert_eq!((exported.end_reason, exported.ended), (ExportEnd::Failed, 2.5));
    assert_eq!((summary.verdict, &*exported.verdict), (Verdict::NotValid, "not_valid"));
    assert_eq!(exported.warnings.len(), summary.warnings.len());
    for (sentence, warning) in exported.warnings.iter().zip(&summary.warnings) {
        assert!(sentence.ends_with('.') && sentence[1..].starts_with(&warning.statement[1..]));
    }
    assert_eq!((&*exported.benchmark_summary, &*exported.benchmark_percentile), ("{}", "[]"));
    for name in ["valid", "valid_with_warnings", "not_valid"] {
        let verdict: Verdict = serde_json::from_value(name.into()).unwrap();
        assert_eq!(verdict.name(), name);
    }
}

#[test]
fn what_a_service_tells_of_itself_is_a_distribution_without_buckets() {
    let mut plan = closed(2);
    plan.request.metrics = vec![service_metric("queue_time", ServiceKind::Time)];
    let told = |value| {
        let mut record = record(1, &[2]);
        record.metrics = vec![quantity("queue_time", value)];
        record
    };
    let (exported, _) = exported(&plan, &[told(0.5), told(-1.5), told(4.0)]);
    let found =
        exported.distributions.iter().find(|all| all.metric == "metric:queue_time").unwrap();
    assert_eq!((&*found.label, &*found.unit, found.count), ("queue time", "s", 3.0));
    assert_eq!((found.min, found.max, found.sum), (-1.5, 4.0, 3.0));
    let median = found.quantiles.iter().find(|quantile| quantile.q == 0.5).unwrap();
    assert_eq!((median.value, found.buckets.len()), (0.5, 0));
}

/// A summary of a point by its verdict, one warning and its first value.
fn of_point(verdict: &str, warning: &str, value: f64) -> ExportSummary {
    let mut values = vec![None; summary_metrics().len()];
    values[0] = Some(value);
    let one = Distribution { metric: "ttft".into(), label: "TTFT".into(), ..Default::default() };
    ExportSummary {
        ended: value,
        verdict: verdict.into(),
        warnings: vec![warning.into()],
        values,
        distributions: vec![one],
        benchmark_summary: format!("{{\"a\": {value}}}\n"),
        ..ExportSummary::default()
    }
}

#[test]
fn a_sweep_as_one_run_has_the_summary_of_each_point_under_its_name() {
    let points = ["one", "two", "three"].map(str::to_owned);
    let metrics = sweep_metrics(&points);
    let each = summary_metrics().len();
    assert_eq!(metrics.len(), 3 * each);
    assert_eq!((&*metrics[0].name, &*metrics[0].label), ("one/ttft_mean", "one: TTFT, mean (s)"));
    assert_eq!((&*metrics[each].name, metrics[each].kind), ("two/ttft_mean", metrics[0].kind));
    let ran = [(0, of_point("valid", "Slow.", 1.0)), (2, of_point("not_valid", "Lost.", 3.0))];
    let whole = sweep_summary(&points, ran.clone().into(), ExportEnd::Interrupted).unwrap();
    assert_eq!((whole.end_reason, whole.ended), (ExportEnd::Interrupted, 3.0));
    assert_eq!(whole.verdict, "not_valid", "the worst");
    assert_eq!(whole.warnings, ["one: Slow.", "two: This point did not run.", "three: Lost."]);
    assert_eq!(whole.values.len(), metrics.len());
    assert_eq!([0, each, 2 * each].map(|at| whole.values[at]), [Some(1.0), None, Some(3.0)]);
    let shown: Vec<_> = whole.distributions.iter().map(|it| (&*it.metric, &*it.label)).collect();
    assert_eq!(shown, [("one/ttft", "one: TTFT"), ("three/ttft", "three: TTFT")]);
    let document: serde_json::Value = serde_json::from_str(&whole.benchmark_summary).unwrap();
    assert_eq!(document, serde_json::json!({"one": {"a": 1}, "three": {"a": 3}}));
    assert_eq!(whole.benchmark_percentile, "");
    assert_eq!(sweep_summary(&points, BTreeMap::new(), ExportEnd::Failed), None);
    // A single point is the run.
    let [(_, only), _] = ran;
    let alone = sweep_summary(&points[..1], [(0, only.clone())].into(), ExportEnd::Failed);
    assert_eq!(alone, Some(ExportSummary { end_reason: ExportEnd::Failed, ..only }));
    assert_eq!(sweep_metrics(&points[..1]), summary_metrics());
}

#[test]
fn names_are_unique() {
    let mut names: Vec<String> = summary_metrics().into_iter().map(|metric| metric.name).collect();
    let count = names.len();
    names.sort();
    names.dedup();
    assert_eq!(names.len(), count);
}

#[test]
fn every_summary_metric_is_documented_as_defined() {
    let section = PAGE.split_once("\n## Metrics of summaries\n").unwrap().1;
    let section = section.split_once("\n## ").map_or(section, |(section, _)| section);
    let documented: Vec<&str> = section.lines().filter(|line| line.starts_with("| `")).collect();
    let over_requests = summary_metrics().into_iter().filter_map(|metric| {
        let name = metric.name.strip_suffix("_mean")?.to_owned();
        Some(crate::export::Metric { name, label: metric.label.replace(", mean", ""), ..metric })
    });
    let stat = |name: &str| ["_mean", "_p50", "_p90", "_p99"].iter().any(|end| name.ends_with(end));
    let others = summary_metrics().into_iter().filter(|metric| !stat(&metric.name));
    let row = |metric: crate::export::Metric| {
        let kind = format!("{:?}", metric.kind).to_lowercase();
        format!("| `{}` | {} | `{}` | {kind} |", metric.name, metric.label, metric.unit)
    };
    let expected: Vec<String> = over_requests.chain(others).map(row).collect();
    assert_eq!(documented, expected);
}
