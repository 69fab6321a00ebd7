//! Metrics by label, against the records of each text by themselves.

use super::build::{failed, records};
use super::*;
use crate::labels::{Labels, MAX_LABELS};
use crate::outcome::Outcome;
use crate::testkit::record;
use std::collections::{BTreeMap, BTreeSet};

/// Texts by label.
fn texts(records: &[Record]) -> BTreeMap<String, BTreeSet<String>> {
    let mut texts: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for record in records.iter().filter(|record| !record.warmup) {
        for (label, text) in record.labels.texts() {
            texts.entry(label.into()).or_default().insert(text.into());
        }
    }
    texts
}

/// A success with these labels.
fn labelled(json: &str) -> Record {
    Record { labels: Labels::parse(json).unwrap(), ..record(0, &[5, 9]) }
}

fn labels(records: &[Record]) -> Grouped {
    summary_of(&closed(1), records).grouped
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn each_group_is_the_metrics_of_its_requests(records in records(), limit in 0_u64..60_000_000) {
        let mut plan = closed(4);
        plan.objectives = Objectives { ttft: Some(limit), tpot: Some(limit), latency: None };
        let grouped = summary_of(&plan, &records).grouped;
        let found: BTreeMap<String, BTreeSet<String>> = grouped
            .labels
            .iter()
            .map(|label| {
                let groups = label.groups.iter().flatten();
                (label.label.clone(), groups.map(|group| group.text.clone()).collect())
            })
            .collect();
        prop_assert_eq!(found, texts(&records));
        prop_assert!(!grouped.more);
        let duration = oracle::totals(&records).duration.filter(|&span| span > 0);
        for label in &grouped.labels {
            for group in label.groups.iter().flatten() {
                let own = oracle::labelled(&label.label, &group.text, &records);
                let totals = oracle::totals(&own);
                let counts = group.counts;
                prop_assert_eq!(
                    (counts.total, counts.succeeded, counts.dropped, counts.cancelled),
                    (totals.total, totals.succeeded, totals.dropped, totals.cancelled)
                );
                prop_assert_eq!(counts.retried, totals.retried);
                prop_assert_eq!(counts.good, Some(oracle::good(&own, limit, limit, false)));
                let rate = totals.output.zip(duration).map(|(n, span)| n as f64 / (span as f64 / 1e9));
                let off = group.output.zip(rate).map(|(found, rate)| (found - rate).abs() <= rate * 1e-12);
                prop_assert_eq!((off, group.output.is_some()), (rate.map(|_| true), rate.is_some()));
                for metric in GROUP_METRICS {
                    is_over(metric, group.metrics.get(metric), &oracle::values(metric, &own))?;
                }
            }
        }
    }
}

#[test]
fn a_label_of_too_many_texts_is_not_grouped() {
    let texts = |count: usize| -> Vec<Record> {
        (0..count).map(|n| labelled(&format!(r#"{{"class":"a","user":"{n:02}"}}"#))).collect()
    };
    let grouped = labels(&texts(MAX_GROUPS));
    let user = grouped.labels[1].groups.as_ref().unwrap();
    assert_eq!(user.len(), MAX_GROUPS);
    assert!(user.iter().all(|group| group.counts.succeeded == 1));
    let grouped = labels(&[texts(MAX_GROUPS + 1), texts(1)].concat());
    assert_eq!(grouped.labels[1], LabelGroups { label: "user".into(), groups: None });
    // The label beside it is.
    assert_eq!(grouped.labels[0].groups.as_ref().unwrap()[0].counts.succeeded, 34);
}

#[test]
fn of_too_many_labels_the_first_by_name_are_grouped() {
    let records: Vec<Record> =
        (0..MAX_LABELS + 3).map(|n| labelled(&format!(r#"{{"l{n:02}":"a"}}"#))).collect();
    let first: Vec<String> = (0..MAX_LABELS).map(|n| format!("l{n:02}")).collect();
    let back: Vec<Record> = records.iter().rev().cloned().collect();
    for records in [&records, &back] {
        let grouped = labels(records);
        let names: Vec<&String> = grouped.labels.iter().map(|label| &label.label).collect();
        assert_eq!(names, first.iter().collect::<Vec<_>>());
        assert!(grouped.more);
        // Each has the metrics of its one request.
        let latencies = grouped.labels.iter().flat_map(|label| label.groups.iter().flatten());
        assert!(
            latencies.map(|group| group.metrics.get(Metric::Latency).unwrap().count).eq([1; 16])
        );
    }
    assert!(!labels(&records[..MAX_LABELS]).more);
}

#[test]
fn numbers_are_not_grouped_and_requests_never_sent_are_counted() {
    let mut refused = failed(Outcome::Refused, None, 9);
    refused.labels = Labels::parse(r#"{"class":"a","turns":3}"#).unwrap();
    let grouped = labels(&[labelled(r#"{"class":"a","turns":2}"#), refused, labelled("{}")]);
    let [class] = &grouped.labels[..] else { panic!("{grouped:?}") };
    let [group] = &class.groups.as_ref().unwrap()[..] else { panic!("{class:?}") };
    assert_eq!((class.label.as_str(), group.text.as_str()), ("class", "a"));
    assert_eq!((group.counts.total, group.counts.succeeded, group.counts.failed), (2, 1, 1));
    assert_eq!(group.metrics.get(Metric::Ttft).unwrap().max(), 5);
}
