//! The table of checks in `docs/MEASUREMENT.md` against the checks.

use super::*;

const PAGE: &str = include_str!("../../../../../docs/MEASUREMENT.md");

/// The rows of the table of checks, by kind.
fn rows() -> Vec<(&'static str, &'static str)> {
    let table = PAGE.split_once("| check (`kind`)").expect("the table of checks").1;
    let rows = table.lines().skip(2).take_while(|line| line.starts_with("| `"));
    rows.map(|row| (row.split('`').nth(1).expect("a kind in backticks"), row)).collect()
}

#[test]
fn it_has_every_check_once_in_order() {
    let documented: Vec<&str> = rows().iter().map(|(kind, _)| *kind).collect();
    assert_eq!(documented, Check::KINDS);
}

#[test]
fn it_names_the_limits_and_the_metrics_of_each() {
    for example in examples() {
        let kind = kind(&example.check);
        let (_, row) = rows().into_iter().find(|(documented, _)| *documented == kind).unwrap();
        for limit in &example.limits {
            assert!(row.contains(limit), "{kind}: {limit}");
        }
        for metric in example.check.finding().metrics() {
            assert!(row.contains(metric.label()), "{kind}: {}", metric.label());
        }
    }
}
