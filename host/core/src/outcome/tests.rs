//! Classes of outcomes, written and read.

use super::*;
use proptest::prelude::*;
use std::collections::BTreeSet;

#[test]
fn every_fixed_outcome_has_a_class_of_its_own() {
    let classes: BTreeSet<String> = Outcome::FIXED.iter().map(|outcome| outcome.class()).collect();
    assert_eq!(classes.len(), Outcome::FIXED.len());
    for &outcome in Outcome::FIXED {
        assert_eq!(Outcome::from_class(&outcome.class()), Some(outcome));
    }
}

#[test]
fn classes_are_spelled_as_documented() {
    assert_eq!(Outcome::Status(503).class(), "http_503");
    assert_eq!(Outcome::Timeout(Stage::Read).class(), "timeout_read");
    assert_eq!(Outcome::StreamError.class(), "stream_error");
    assert_eq!(Outcome::LocalLimit.class(), "local_limit");
}

#[test]
fn classes_are_listed_in_the_records_format() {
    let page = include_str!("../../../../docs/RECORDS.md");
    let row =
        page.lines().find(|line| line.starts_with("| `outcome` |")).expect("the column's row");
    let listed: Vec<&str> = row.split('`').skip(3).step_by(2).collect();
    let (ok, failures) = Outcome::FIXED.split_first().expect("outcomes");
    let failures = failures.iter().map(|outcome| outcome.class());
    let classes: Vec<String> =
        [ok.class(), "http_<status>".into()].into_iter().chain(failures).collect();
    assert_eq!(listed, classes);
}

#[test]
fn what_is_no_class_is_none() {
    for text in ["", "http_", "http_x", "http_70000", "OK", "http"] {
        assert_eq!(Outcome::from_class(text), None, "{text}");
    }
}

#[test]
fn outcomes_are_successes_failures_or_beside() {
    let beside: Vec<Outcome> = Outcome::FIXED.iter().copied().filter(|o| o.is_beside()).collect();
    assert_eq!(beside, [Outcome::Cancelled, Outcome::Dropped]);
    let ok: Vec<Outcome> = Outcome::FIXED.iter().copied().filter(|o| o.is_ok()).collect();
    assert_eq!(ok, [Outcome::Ok]);
}

#[test]
fn connection_failures_are_those_without_a_connection() {
    let without: Vec<Outcome> =
        Outcome::FIXED.iter().copied().filter(|o| o.is_connection_failure()).collect();
    let expected = [
        Outcome::Refused,
        Outcome::Dns,
        Outcome::Tls,
        Outcome::Connect,
        Outcome::Timeout(Stage::Connect),
    ];
    assert_eq!(without, expected);
    // A port that this machine lacks says nothing about the service.
    assert!(!Outcome::LocalLimit.is_connection_failure());
}

proptest! {
    #[test]
    fn every_status_is_read_back(code: u16) {
        let outcome = Outcome::Status(code);
        prop_assert_eq!(Outcome::from_class(&outcome.class()), Some(outcome));
    }

    #[test]
    fn reading_never_panics(text in "\\PC*") {
        let _ = Outcome::from_class(&text);
    }
}
