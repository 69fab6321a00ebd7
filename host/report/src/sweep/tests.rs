//! The report over a sweep: golden texts, widths, and what a single point does not get.

use super::*;
use crate::fixture::{self, MS};

fn sweep() -> Vec<Summary> {
    vec![
        fixture::point(0, 1, 40, 5 * MS),
        fixture::point(1, 4, 80, 6 * MS),
        fixture::point(2, 16, 160, 20 * MS),
    ]
}

fn info() -> RunInfo {
    let folder = Some("outputs/20250516_113633/Qwen2.5-0.5B-Instruct".into());
    RunInfo { folder, ..RunInfo::default() }
}

#[test]
fn a_single_point_has_no_sweep_report() {
    assert_eq!(sweep_text(&sweep()[..1], &info(), &Style::FILE), "");
    assert_eq!(sweep_text(&[], &info(), &Style::FILE), "");
}

#[test]
fn points_that_did_not_run_are_named() {
    let asked = |count: u32| {
        let names = ["parallel_1_number_40", "parallel_4_number_80", "parallel_16_number_160", "p"];
        let points = names.iter().take(count as usize).map(|name| (*name).into()).collect();
        RunInfo { points, ..info() }
    };
    let row = |count: u32, ran: usize| {
        let text = sweep_text(&sweep()[..ran], &asked(count), &Style::FILE);
        text.lines().find(|line| line.starts_with("  Points ")).map(str::to_owned)
    };
    let names = "parallel_4_number_80, parallel_16_number_160, p";
    assert_eq!(row(3, 3).as_deref(), Some("  Points         3"));
    assert_eq!(row(4, 3).as_deref(), Some("  Points         3 of 4; not run: p"));
    assert_eq!(row(4, 1), Some(format!("  Points         1 of 4; not run: {names}")));
    assert_eq!(row(1, 1), None);
    assert_eq!(row(2, 0), None);
    let one = run_text(&sweep()[..1], &asked(4), &Style::FILE);
    assert!(one.starts_with("== parallel_1_number_40 =="), "{one}");
}

#[test]
fn an_alias_stands_in_place_of_the_model() {
    let aliased = RunInfo { alias: Some("ours, int8".into()), ..info() };
    let text = sweep_text(&sweep(), &aliased, &Style::FILE);
    assert!(text.contains("  Model          ours, int8\n"), "{text}");
    assert!(run_text(&sweep()[..1], &aliased, &Style::FILE).starts_with("== ours, int8 ==\n"));
}

#[test]
fn everything_is_readable_at_80_columns() {
    let style = Style { width: 80, colour: false };
    let mut points = sweep();
    points.extend([fixture::troubled(), fixture::all_failed()]);
    for line in sweep_text(&points, &info(), &style).lines() {
        assert!(line.chars().count() <= 80, "{line}");
    }
}

#[test]
fn rows_are_coloured_by_success() {
    let style = Style { width: 125, colour: true };
    let text = sweep_text(&[fixture::troubled(), fixture::all_failed()], &info(), &style);
    // 170 of 190 succeeded: between 80 % and 95 %.
    assert!(text.contains("\x1b[33m|"), "{text}");
    assert!(text.contains("\x1b[31m|"), "{text}");
    assert!(!text.contains("\x1b[32m|"), "{text}");
}

#[test]
fn the_whole_report_holds_every_point_and_the_sweep() {
    let text = run_text(&sweep(), &info(), &Style::FILE);
    assert_eq!(text.matches("Benchmarking summary:").count(), 3);
    assert!(text.contains("== parallel_4_number_80 =="));
    assert!(text.ends_with(&sweep_text(&sweep(), &info(), &Style::FILE)));
    let one = run_text(&sweep()[..1], &info(), &Style::FILE);
    assert!(!one.contains("== "), "a single point needs no heading");
}

#[test]
fn golden_texts() {
    insta::assert_snapshot!(
        "sweep_wide",
        sweep_text(&sweep(), &info(), &Style { width: 160, colour: false })
    );
    let mut mixed = sweep();
    mixed.push(fixture::all_failed());
    let named = RunInfo { name: Some("night run".into()), ..RunInfo::default() };
    insta::assert_snapshot!(
        "sweep_narrow",
        sweep_text(&mixed, &named, &Style { width: 80, colour: false })
    );
    let open = [fixture::troubled(), fixture::troubled()];
    insta::assert_snapshot!(
        "sweep_open",
        sweep_text(&open, &RunInfo::default(), &Style { width: 80, colour: false })
    );
}
