//! The text of a point: the quick start's own, and a golden text for every kind of point.

use super::*;
use crate::fixture;

/// The part of `text` from `title` to the next empty line.
fn part<'a>(text: &'a str, title: &str) -> &'a str {
    let start = text.find(title).unwrap();
    let end = text[start..].find("\n\n").map_or(text.len(), |end| start + end + 1);
    &text[start..end]
}

#[test]
fn the_quick_starts_tables_come_from_its_numbers() {
    let text = point_text(&fixture::quick_start(), &Style::FILE);
    // Ours has one row more.
    let lines: Vec<&str> = part(&text, "Benchmarking summary:").lines().collect();
    let at = lines.iter().position(|line| line.contains("inter-token")).unwrap();
    let theirs = [&lines[..at], &lines[at + 2..]].concat().join("\n") + "\n";
    assert_eq!(theirs, include_str!("../../tests/golden/quick_start_summary.txt"));
    let ours = part(&text, "Percentile results:");
    assert!(
        ours.starts_with(include_str!("../../tests/golden/quick_start_percentiles.txt")),
        "{ours}"
    );
}

#[test]
fn the_row_that_we_add_looks_like_the_others() {
    let text = point_text(&fixture::quick_start(), &Style::FILE);
    assert!(text.contains("| Average inter-token latency (s)   |     0.0287 |\n"), "{text}");
}

#[test]
fn below_125_columns_the_percentiles_are_split() {
    let tables = |width: usize| {
        let style = Style { width, colour: false };
        point_text(&fixture::quick_start(), &style).matches("| Percentiles |").count()
    };
    assert_eq!([tables(125), tables(124), tables(80)], [1, 2, 2]);
}

#[test]
fn everything_is_readable_at_80_columns() {
    let style = Style { width: 80, colour: false };
    let points = [
        fixture::quick_start(),
        fixture::troubled(),
        fixture::all_failed(),
        fixture::unstreamed(),
        fixture::one_token(),
        fixture::point(0, 4, 80, 5 * fixture::MS),
    ];
    for summary in points {
        for line in point_text(&summary, &style).lines() {
            assert!(line.chars().count() <= 80, "{line}");
        }
    }
}

#[test]
fn the_whole_of_a_failures_sample_is_shown() {
    let mut summary = fixture::all_failed();
    let remedy = "raise the limit with --remedy and try again";
    summary.failures[0].sample = format!("{}{remedy}", "the reason is long ".repeat(20));
    let text = point_text(&summary, &Style { width: 80, colour: false });
    let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(words.contains(remedy), "{text}");
}

#[test]
fn one_of_anything_is_singular() {
    let plan = loadwright_core::plan::Plan {
        objectives: loadwright_core::plan::Objectives {
            latency: Some(fixture::MS * 900),
            ..Default::default()
        },
        ..fixture::closed(0, 1, 1)
    };
    let one = fixture::stream(0, 0, 5 * fixture::MS, 5 * fixture::MS, 1);
    let reused = loadwright_core::record::Record {
        timeline: loadwright_core::timeline::Timeline { connect: None, ..one.timeline },
        ..one
    };
    let text = point_text(&fixture::fold(&plan, &[reused], Default::default(), &[]), &Style::FILE);
    assert!(text.contains("1 of 1 request (100.0 %) within"), "{text}");
    assert!(text.contains("0 opened, 1 request on open ones"), "{text}");
    for plural in ["1 requests", "1 slots", "1 warnings", "1 values"] {
        assert!(!text.contains(plural), "{plural}: {text}");
    }
}

#[test]
fn colour_changes_nothing_but_colour() {
    let plain = Style { width: 80, colour: false };
    let coloured = point_text(&fixture::troubled(), &Style { colour: true, ..plain });
    assert!(coloured.contains("\x1b[1;33mvalid with warnings\x1b[0m"), "{coloured}");
    let mut stripped = coloured;
    for code in ["1", "1;31", "1;32", "1;33", "31", "32", "33", "0"] {
        stripped = stripped.replace(&format!("\x1b[{code}m"), "");
    }
    assert_eq!(stripped, point_text(&fixture::troubled(), &plain));
}

#[test]
fn a_service_cannot_write_to_the_terminal() {
    let text = point_text(&fixture::troubled(), &Style::FILE);
    assert!(!text.contains('\x1b'));
}

#[test]
fn a_histogram_is_named() {
    let mut summary = fixture::quick_start();
    let itl = summary.metrics.get_mut(Metric::Itl).unwrap();
    (itl.method, itl.count) = (loadwright_core::percentile::Method::Histogram, 1_234_567);
    let text = point_text(&summary, &Style::FILE);
    let note =
        "* Percentiles of ITL are from a histogram of 3 significant digits (1234567 values).\n";
    assert!(text.contains(note), "{text}");
}

#[test]
fn golden_texts() {
    let style = Style { width: 80, colour: false };
    insta::assert_snapshot!(
        "closed",
        point_text(&fixture::point(0, 4, 80, 5 * fixture::MS), &Style::FILE)
    );
    insta::assert_snapshot!("troubled", point_text(&fixture::troubled(), &style));
    insta::assert_snapshot!("all_failed", point_text(&fixture::all_failed(), &style));
    insta::assert_snapshot!("unstreamed", point_text(&fixture::unstreamed(), &style));
    insta::assert_snapshot!("labelled", point_text(&fixture::labelled(), &Style::FILE));
    insta::assert_snapshot!("one_token", point_text(&fixture::one_token(), &style));
}

#[test]
fn nothing_is_announced_that_does_not_follow() {
    let text = point_text(&fixture::all_failed(), &Style::FILE);
    assert!(!text.contains("Also measured:"), "{text}");
    assert!(point_text(&fixture::troubled(), &Style::FILE).contains("Also measured:\n  Load"));
}
