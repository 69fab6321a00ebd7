//! The table of checks in `docs/MEASUREMENT.md` and the sections of `docs/GUIDE.md` against the checks.

use super::*;

const PAGE: &str = include_str!("../../../../../docs/MEASUREMENT.md");
const GUIDE: &str = include_str!("../../../../../docs/GUIDE.md");

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

/// The sections of the guide on warnings, by kind.
fn sections() -> Vec<(&'static str, &'static str)> {
    let chapter = GUIDE.split("\n## ").find(|chapter| chapter.starts_with("Warnings\n"));
    let sections = chapter.expect("a chapter on warnings").split("\n### `").skip(1);
    sections.map(|section| section.split_once('`').expect("a kind in backticks")).collect()
}

#[test]
fn the_guide_has_a_section_for_every_check() {
    let mut documented: Vec<&str> = sections().iter().map(|(kind, _)| *kind).collect();
    documented.sort_unstable();
    let mut kinds = Check::KINDS.to_vec();
    kinds.sort_unstable();
    assert_eq!(documented, kinds);
}

#[test]
fn the_guide_quotes_every_statement_and_names_the_limits() {
    let plan = open(100.0);
    for (documented, section) in sections() {
        let of_kind: Vec<Example> =
            examples().into_iter().filter(|example| kind(&example.check) == documented).collect();
        let statements: Vec<String> =
            of_kind.iter().map(|example| example.check.finding().statement(&plan)).collect();
        let quotes: Vec<&str> =
            section.lines().filter_map(|line| line.strip_prefix("> ")).collect();
        // The report begins a statement with a capital and ends it with a full stop.
        let same =
            |quote: &str, statement: &String| quote.eq_ignore_ascii_case(&format!("{statement}."));
        for statement in &statements {
            assert!(quotes.iter().any(|quote| same(quote, statement)), "{documented}: {statement}");
        }
        for quote in quotes {
            assert!(
                statements.iter().any(|statement| same(quote, statement)),
                "{documented}: {quote}"
            );
        }
        let words = section.split_whitespace().collect::<Vec<_>>().join(" ");
        for limit in of_kind.iter().flat_map(|example| &example.limits) {
            assert!(words.contains(limit), "{documented}: {limit}");
        }
    }
}
