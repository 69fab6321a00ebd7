//! Foreign text is shown without anything that could steer a terminal or forge a line: hostile
//! texts by hand, and properties over texts that hold the worst characters more often than not.

use super::{clipped, escaped, escaped_lines};
use proptest::prelude::*;

/// Characters of the Unicode categories Cc, Cf, Zl and Zp, by their ranges in the Unicode
/// Character Database 16.0 (assigned ones): the oracle, beside the standard library's tables.
static HARMFUL: [(u32, u32); 22] = [
    (0x00, 0x1f),
    (0x7f, 0x9f),
    (0xad, 0xad),
    (0x600, 0x605),
    (0x61c, 0x61c),
    (0x6dd, 0x6dd),
    (0x70f, 0x70f),
    (0x890, 0x891),
    (0x8e2, 0x8e2),
    (0x180e, 0x180e),
    (0x200b, 0x200f),
    (0x2028, 0x202e),
    (0x2060, 0x2064),
    (0x2066, 0x206f),
    (0xfeff, 0xfeff),
    (0xfff9, 0xfffb),
    (0x110bd, 0x110bd),
    (0x110cd, 0x110cd),
    (0x13430, 0x1343f),
    (0x1bca0, 0x1bca3),
    (0x1d173, 0x1d17a),
    (0xe0001, 0xe007f),
];

fn is_harmful(c: char) -> bool {
    HARMFUL.iter().any(|&(from, to)| (from..=to).contains(&u32::from(c)))
}

fn hostile_text() -> impl Strategy<Value = String> {
    let harmful = proptest::sample::select(&HARMFUL[..])
        .prop_flat_map(|(from, to)| from..=to)
        .prop_filter_map("an assigned character", char::from_u32);
    let piece = prop_oneof![
        3 => harmful.prop_map(String::from),
        1 => any::<char>().prop_map(String::from),
        1 => proptest::sample::select(&CORPUS[..]).prop_map(|(text, _)| text.to_owned()),
        1 => Just("\r\n2026-01-01 00:00:00,000 - loadwright - ERROR - forged".to_owned()),
        1 => Just("plain words ".to_owned()),
    ];
    proptest::collection::vec(piece, 0..24).prop_map(|pieces| pieces.concat())
}

/// Texts, and how they are shown.
static CORPUS: [(&str, &str); 13] = [
    ("", ""),
    ("plain: \"quoted\" 'text' \\ {}", "plain: \"quoted\" 'text' \\ {}"),
    ("größer 模型 e\u{301} ✓ \u{1f600}\u{fe0f}", "größer 模型 e\u{301} ✓ \u{1f600}\u{fe0f}"),
    ("a\u{a0}b\u{3000}c", "a\u{a0}b\u{3000}c"),
    ("\u{1b}[31mred\u{1b}[0m", "\\u{1b}[31mred\\u{1b}[0m"),
    ("\u{1b}]0;title\u{7}", "\\u{1b}]0;title\\u{7}"),
    ("\u{9b}2J", "\\u{9b}2J"),
    ("a\r\nb\tc\0", "a\\r\\nb\\tc\\u{0}"),
    ("\u{202e}evil\u{202c}\u{2066}\u{2069}", "\\u{202e}evil\\u{202c}\\u{2066}\\u{2069}"),
    ("zero\u{200b}width\u{feff}", "zero\\u{200b}width\\u{feff}"),
    ("line\u{2028}paragraph\u{2029}", "line\\u{2028}paragraph\\u{2029}"),
    ("tag\u{e0041}", "tag\\u{e0041}"),
    ("next\u{85}line, back\u{8}space, del\u{7f}", "next\\u{85}line, back\\u{8}space, del\\u{7f}"),
];

#[test]
fn hostile_texts_are_shown_by_their_escapes() {
    for (text, wanted) in CORPUS {
        assert_eq!(escaped(text), wanted);
    }
}

#[test]
fn every_harmful_character_is_escaped() {
    for c in HARMFUL.iter().flat_map(|&(from, to)| from..=to).filter_map(char::from_u32) {
        let text = c.to_string();
        assert!(escaped(&text).starts_with('\\'), "{:x}", u32::from(c));
    }
}

#[test]
fn forged_lines_are_indented() {
    let text = "failed: a\r\nnotice: b\n  c\n\n2026-01-01 d";
    assert_eq!(escaped_lines(text), "failed: a\n  notice: b\n  c\n\n  2026-01-01 d");
    assert_eq!(escaped_lines("a\rb"), "a\\rb");
}

proptest! {
    #[test]
    fn nothing_harmful_is_shown(text in hostile_text()) {
        let shown = escaped(&text);
        prop_assert!(!shown.chars().any(is_harmful), "{shown:?}");
        prop_assert!(shown.len() <= 10 * text.chars().count());
        prop_assert_eq!(escaped(&shown), shown.clone());
    }

    #[test]
    fn no_line_poses_as_ours(text in hostile_text()) {
        let shown = escaped_lines(&text);
        prop_assert!(!shown.chars().any(|c| c != '\n' && is_harmful(c)), "{shown:?}");
        for line in shown.split('\n').skip(1) {
            prop_assert!(line.is_empty() || line.starts_with("  "), "{line:?}");
        }
        prop_assert!(shown.len() <= 10 * text.chars().count());
        prop_assert_eq!(escaped_lines(&shown), shown.clone());
    }
}

#[test]
fn long_texts_keep_their_beginning_and_more_of_their_end() {
    assert_eq!(clipped("short", 5), "short");
    let text = format!("{}{}", "a".repeat(100), "é".repeat(100));
    assert_eq!(clipped(&text, 20), "aaaaa [281 bytes left out] ééééééé");
    assert_eq!(clipped("ééé", 0), " [6 bytes left out] ");
}
