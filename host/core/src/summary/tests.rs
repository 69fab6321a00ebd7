//! Every formula against a second, naive implementation over random records, and the edges by hand.

pub(crate) mod build;
mod edges;
mod groups;
pub(crate) mod oracle;
mod service;
mod windows;

use super::*;
use crate::percentile::Distribution;
use crate::plan::Plan;
use crate::record::Record;
use crate::sample::PointEnd;
use crate::testkit::{closed, open};
use crate::totals::LATE;
use build::records;
use proptest::prelude::*;

fn summary_of(plan: &Plan, records: &[Record]) -> Summary {
    let mut metrics = SummaryBuilder::new(plan);
    records.iter().for_each(|record| metrics.record(record));
    metrics.finish(&PointEnd { kernel_timestamps: true, ..PointEnd::default() })
}

/// Whether `found` is the distribution of exactly `values`, given in exact fractions.
fn is_over(
    metric: Metric,
    found: Option<&Distribution>,
    values: &[oracle::Fraction],
) -> Result<(), TestCaseError> {
    let Some(found) = found else {
        prop_assert!(values.is_empty(), "{:?} absent, but {} values", metric, values.len());
        return Ok(());
    };
    prop_assert_eq!(found.count, values.len() as u64, "{:?}", metric);
    let mut sorted: Vec<u64> = values.iter().map(oracle::Fraction::nearest).collect();
    sorted.sort_unstable();
    prop_assert_eq!(found.min(), sorted[0]);
    prop_assert_eq!(found.max(), *sorted.last().unwrap());
    for permille in crate::percentile::PERMILLES {
        let rank = (f64::from(permille) / 1000.0 * sorted.len() as f64 - 1e-9).ceil() as usize;
        prop_assert_eq!(
            found.at(permille),
            Some(sorted[rank.max(1) - 1]),
            "{:?} at {}",
            metric,
            permille
        );
    }
    let exact: f64 = values.iter().map(oracle::Fraction::float).sum::<f64>() / values.len() as f64;
    // Values are rounded to the unit, so their mean may be off by half a unit.
    prop_assert!((found.mean - exact).abs() <= 0.5 + exact * 1e-12, "{} {exact}", found.mean);
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn every_distribution_is_its_formula(records in records()) {
        let metrics = summary_of(&closed(4), &records).metrics;
        for metric in Metric::distributions() {
            is_over(metric, metrics.get(metric), &oracle::values(metric, &records))?;
        }
    }

    #[test]
    fn counts_sums_and_rates_are_their_formulas(records in records()) {
        let summary = summary_of(&closed(4), &records);
        let expected = oracle::totals(&records);
        let counts = summary.counts;
        prop_assert_eq!(counts.total, expected.total);
        prop_assert_eq!(counts.succeeded, expected.succeeded);
        prop_assert_eq!(counts.failed, expected.total - expected.succeeded);
        prop_assert_eq!(counts.dropped, expected.dropped);
        prop_assert_eq!(counts.cancelled, expected.cancelled);
        prop_assert_eq!(counts.warmup, expected.warmup);
        prop_assert_eq!(counts.retried, expected.retried);
        prop_assert_eq!(summary.duration, expected.duration);
        prop_assert_eq!(summary.tokens.input, expected.input);
        prop_assert_eq!(summary.tokens.output, expected.output);
        let rate = |amount: Option<u64>| {
            let seconds = expected.duration.filter(|&span| span > 0)? as f64 / 1e9;
            Some(amount? as f64 / seconds)
        };
        let close = |found: Option<f64>, wanted: Option<f64>| match (found, wanted) {
            (Some(found), Some(wanted)) => (found - wanted).abs() <= wanted.abs() * 1e-12,
            (found, wanted) => found.is_none() && wanted.is_none(),
        };
        let throughput = summary.throughput;
        prop_assert!(close(throughput.requests, rate(Some(expected.succeeded))));
        prop_assert!(close(throughput.output, rate(expected.output)));
        let both = expected.output.and_then(|output| Some(output + expected.input?));
        prop_assert!(close(throughput.total, rate(both)));
    }

    #[test]
    fn failures_are_counted_by_class(records in records()) {
        let summary = summary_of(&closed(4), &records);
        let sum: u64 = summary.failures.iter().map(|failure| failure.count).sum();
        prop_assert_eq!(sum, summary.counts.failed);
        for failure in &summary.failures {
            let of_class: Vec<&Record> = records
                .iter()
                .filter(|record| !record.warmup && record.outcome.class() == failure.class)
                .collect();
            let last = of_class.iter().filter(|record| record.last_attempt).count() as u64;
            prop_assert_eq!((failure.count, failure.retried), (last, of_class.len() as u64 - last));
            let text = of_class.iter().map(|record| record.error.as_str()).find(|text| !text.is_empty());
            prop_assert_eq!(failure.sample.as_str(), text.unwrap_or(""));
        }
    }

    #[test]
    fn the_order_of_records_changes_nothing_but_samples(records in records()) {
        let mut back: Vec<Record> = records.clone();
        back.reverse();
        let strip = |mut summary: Summary| {
            summary.failures.iter_mut().for_each(|failure| failure.sample.clear());
            serde_json::to_string(&summary).unwrap()
        };
        for plan in [closed(4), open(100.0)] {
            prop_assert_eq!(strip(summary_of(&plan, &records)), strip(summary_of(&plan, &back)));
        }
    }

    #[test]
    fn nothing_of_the_warm_up_is_in_a_metric(records in records()) {
        let cold: Vec<Record> = records.iter().filter(|record| !record.warmup).cloned().collect();
        let mut with = summary_of(&closed(4), &records);
        with.counts.warmup = 0;
        prop_assert_eq!(with, summary_of(&closed(4), &cold));
    }

    #[test]
    fn goodput_counts_the_requests_within_every_objective(
        records in records(), ttft in 0_u64..60_000_000, tpot in 0_u64..30_000_000,
    ) {
        for mut plan in [closed(4), open(100.0)] {
            plan.objectives = Objectives { ttft: Some(ttft), tpot: Some(tpot), latency: None };
            let open = matches!(plan.load, Load::Open { .. });
            let expected = oracle::good(&records, ttft, tpot, open);
            prop_assert_eq!(summary_of(&plan, &records).counts.good, Some(expected));
        }
    }

    #[test]
    fn a_summary_survives_json(records in records()) {
        let summary = summary_of(&closed(4), &records);
        let stored = serde_json::to_string(&summary).unwrap();
        let read: Summary = serde_json::from_str(&stored).unwrap();
        // Means are read back to the last digit but one: JSON floats take the short way.
        let rows = |summary: &Summary| -> Vec<_> {
            summary.metrics.iter().map(|(metric, all)| (metric, all.rows)).collect()
        };
        prop_assert_eq!(rows(&read), rows(&summary));
        prop_assert_eq!((read.counts, read.tokens), (summary.counts, summary.tokens));
        prop_assert_eq!((read.verdict, read.failures), (summary.verdict, summary.failures));
    }
}
