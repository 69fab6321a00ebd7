//! Foreign text made safe to show: what a server, a plugin or a file says reaches a terminal, a
//! table or a log only with its control and format characters escaped, so that it can neither
//! steer the terminal nor pose as a line of ours.
//!
//! What is kept for programs (records.db, JSON) stays as it was said; only what is shown is
//! escaped. A backslash in the text is kept, so that escaping twice changes nothing; text that looks like an
//! escape cannot be told from one.

use std::borrow::Cow;
use std::fmt::Write as _;

/// The least indentation of a line after the first.
const INDENT: &str = "  ";

/// `text` as one line of visible characters: line ends and tabs as `\n`, `\r` and `\t`, every other
/// control or format character (bidirectional overrides among them), line separator, private or
/// unassigned character as `\u{1b}`. Each character takes at most 10 bytes.
pub fn escaped(text: &str) -> Cow<'_, str> {
    if text.chars().all(is_visible) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match c {
            c if is_visible(c) => shown.push(c),
            '\n' => shown.push_str("\\n"),
            '\r' => shown.push_str("\\r"),
            '\t' => shown.push_str("\\t"),
            c => write!(shown, "\\u{{{:x}}}", u32::from(c)).expect("a String takes all"),
        }
    }
    Cow::Owned(shown)
}

/// `text` with its line ends kept and each line [`escaped`]. Lines from the second on are indented
/// by two columns at least, so that none of them begins as a line of ours does.
pub fn escaped_lines(text: &str) -> Cow<'_, str> {
    if !text.contains('\n') {
        return escaped(text);
    }
    let mut shown = String::with_capacity(text.len() + 16);
    for (index, line) in text.split('\n').enumerate() {
        if index > 0 {
            shown.push('\n');
            if !line.is_empty() && !line.starts_with(INDENT) {
                shown.push_str(INDENT);
            }
        }
        shown.push_str(&escaped(line.strip_suffix('\r').unwrap_or(line)));
    }
    Cow::Owned(shown)
}

/// `text` in at most about `most` bytes: a quarter from its beginning, the rest from its end, where
/// languages put the error itself, and between them how much is left out.
pub fn clipped(text: &str, most: usize) -> Cow<'_, str> {
    if text.len() <= most {
        return Cow::Borrowed(text);
    }
    let head = &text[..text.floor_char_boundary(most / 4)];
    let tail = &text[text.ceil_char_boundary(text.len() - (most - most / 4))..];
    let left_out = text.len() - head.len() - tail.len();
    Cow::Owned(format!("{head} [{left_out} bytes left out] {tail}"))
}

/// Whether `c` has a glyph or is a plain space, and so cannot do harm: what the standard library
/// prints as it is when it formats text for debugging, quotes and backslashes too.
fn is_visible(c: char) -> bool {
    if c.is_ascii() {
        return !c.is_ascii_control();
    }
    // Spaces of other widths; the separators of lines and paragraphs count as white space too.
    if c.is_whitespace() {
        return !c.is_control() && !matches!(c, '\u{2028}' | '\u{2029}');
    }
    // A combining mark is printed as it is only behind another character.
    let mut bytes = [b'a'; 5];
    let end = 1 + c.encode_utf8(&mut bytes[1..]).len();
    let pair = std::str::from_utf8(&bytes[..end]).expect("two characters are UTF-8");
    pair.escape_debug().count() == 2
}

#[cfg(test)]
mod tests;
