//! The table of metrics, and its copy in `docs/MEASUREMENT.md`.

use super::*;
use crate::service::ServiceKind;
use std::collections::BTreeSet;

const PAGE: &str = include_str!("../../../../docs/MEASUREMENT.md");

#[test]
fn every_metric_is_documented_as_defined() {
    for &metric in Metric::ALL {
        let Definition { label, formula, exists, unit, .. } = metric.definition();
        let key =
            if metric.is_distribution() { metric.key_with_unit() } else { metric.key().into() };
        let row = format!("| {label} | {formula} | {exists} | {} | `{key}` |", unit.label());
        assert!(PAGE.lines().any(|line| line == row), "docs/MEASUREMENT.md lacks this row:\n{row}");
    }
}

#[test]
fn every_kind_of_a_services_metric_is_documented() {
    for kind in ServiceKind::ALL {
        let name = serde_json::to_string(kind).unwrap().replace('"', "`");
        let row = format!("| {name} | ");
        assert!(PAGE.lines().any(|line| line.starts_with(&row)), "docs/MEASUREMENT.md lacks {row}");
    }
}

#[test]
fn keys_are_unique_and_read_back() {
    let keys: BTreeSet<&str> = Metric::ALL.iter().map(|metric| metric.key()).collect();
    assert_eq!(keys.len(), Metric::ALL.len());
    for &metric in Metric::ALL {
        let json = serde_json::to_string(&metric).unwrap();
        assert_eq!(json, format!("\"{}\"", metric.key()));
        assert_eq!(serde_json::from_str::<Metric>(&json).unwrap(), metric);
    }
    assert!(serde_json::from_str::<Metric>("\"ttfft\"").is_err());
}
