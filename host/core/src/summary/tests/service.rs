//! What the service tells of itself, against the values sorted by hand.

use super::build::records;
use super::*;
use crate::service::{ServiceKind, ServiceValues};
use crate::testkit::{quantity, record, service_metric};

fn declaring() -> Plan {
    let mut plan = closed(4);
    plan.request.metrics = vec![
        service_metric("audio", ServiceKind::Total),
        service_metric("queue_time", ServiceKind::Time),
        service_metric("silent", ServiceKind::Level),
    ];
    plan
}

/// Whether `found` is the distribution of exactly the sorted `values`.
fn is_of(found: &ServiceValues, values: &[f64]) -> Result<(), TestCaseError> {
    let Some(all) = &found.distribution else {
        prop_assert!(values.is_empty(), "{} absent, but {values:?}", found.metric.name);
        return Ok(());
    };
    prop_assert_eq!(all.count, values.len() as u64);
    prop_assert_eq!((all.min(), all.max()), (values[0], values[values.len() - 1]));
    for permille in crate::percentile::PERMILLES {
        // The first value that at least this share of all values does not exceed.
        let enough = |value: &&f64| {
            let below = values.iter().filter(|other| *other <= *value).count();
            below * 1000 >= values.len() * permille as usize
        };
        prop_assert_eq!(all.at(permille), values.iter().find(enough).copied(), "{}", permille);
    }
    let mean: f64 = values.iter().map(|value| value / values.len() as f64).sum();
    let largest = values.iter().fold(0.0_f64, |most, value| most.max(value.abs()));
    prop_assert!((all.mean - mean).abs() <= largest * 1e-12, "{} {mean}", all.mean);
    let sum = found.sum.map(|sum| (sum / values.len() as f64 - mean).abs() <= largest * 1e-12);
    prop_assert_eq!(sum, (found.metric.kind == ServiceKind::Total).then_some(true));
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn what_the_service_tells_has_its_distribution(records in records()) {
        let summary = summary_of(&declaring(), &records);
        let found = summary.metrics.service();
        let names: Vec<&str> = found.iter().map(|values| values.metric.name.as_str()).collect();
        prop_assert_eq!(names, ["audio", "queue_time", "silent"]);
        for values in found {
            is_of(values, &oracle::told(&values.metric.name, &records))?;
        }
    }

    #[test]
    fn the_steady_window_has_what_was_told_of_requests_sent_in_it(records in records()) {
        let summary = summary_of(&declaring(), &records);
        let Some(steady) = summary.steady else { return Ok(()) };
        let within: Vec<Record> = records
            .iter()
            .filter(|record| {
                record.timeline.sent.is_some_and(|at| at >= steady.start && at < steady.end)
            })
            .cloned()
            .collect();
        for values in steady.metrics.service() {
            is_of(values, &oracle::told(&values.metric.name, &within))?;
        }
    }
}

#[test]
fn sums_that_overflow_leave_the_mean_finite() {
    let records = [f64::MAX, f64::MAX].map(|value| {
        let mut record = record(0, &[1]);
        record.metrics = vec![quantity("audio", value)];
        record
    });
    let summary = summary_of(&declaring(), &records);
    let audio = &summary.metrics.service()[0];
    assert_eq!(audio.distribution.as_ref().map(|all| all.mean), Some(f64::MAX));
    assert_eq!(audio.sum, None);
}

#[test]
fn a_metric_that_the_plan_does_not_declare_is_left_out() {
    let mut record = record(0, &[1]);
    record.metrics = vec![quantity("audio", 3.0), quantity("other", 1.0)];
    let summary = summary_of(&closed(1), std::slice::from_ref(&record));
    assert_eq!(summary.metrics.service(), []);
    let declared = summary_of(&declaring(), &[record]);
    let told: Vec<_> =
        declared.metrics.service().iter().map(|all| all.distribution.is_some()).collect();
    assert_eq!(told, [true, false, false]);
}
