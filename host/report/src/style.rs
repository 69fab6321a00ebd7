//! How text is laid out: width, colour, wrapping.

use loadwright_core::checks::Verdict;
use loadwright_core::foreign::escaped;

/// How text is laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Style {
    /// Columns to stay within where the content allows; below 125 the percentile table is split.
    pub width: usize,
    /// Whether ANSI colours are used.
    pub colour: bool,
}

impl Style {
    /// The layout of files: wide enough for every table, no colour, whatever the terminal.
    pub const FILE: Self = Self { width: 125, colour: false };

    pub(crate) fn bold(&self, text: &str) -> String {
        self.paint("1", text)
    }

    pub(crate) fn verdict(&self, verdict: Verdict, text: &str) -> String {
        let code = match verdict {
            Verdict::Valid => "1;32",
            Verdict::ValidWithWarnings => "1;33",
            Verdict::NotValid => "1;31",
        };
        self.paint(code, text)
    }

    /// Green from 95 % on, yellow from 80 % on, red below.
    pub(crate) fn by_success(&self, share: f64, text: &str) -> String {
        let code = match share {
            share if share >= 0.95 => "32",
            share if share >= 0.8 => "33",
            _ => "31",
        };
        self.paint(code, text)
    }

    fn paint(&self, code: &str, text: &str) -> String {
        if self.colour { format!("\x1b[{code}m{text}\x1b[0m") } else { text.into() }
    }

    /// `text` wrapped within the width, its first line after `first`, the others indented alike. It
    /// may quote foreign text, which is escaped.
    pub(crate) fn wrap(&self, first: &str, text: &str) -> String {
        let text = escaped(text);
        let indent = " ".repeat(first.chars().count());
        let options = textwrap::Options::new(self.width.max(40))
            // Flags are not torn apart at their hyphens.
            .word_splitter(textwrap::WordSplitter::NoHyphenation)
            // Nor are paths and URLs, which somebody may want to copy.
            .break_words(false)
            .initial_indent(first)
            .subsequent_indent(&indent);
        textwrap::fill(&text, options)
    }
}

/// Foreign text made fit for one line of a table or report: white space run together, what could
/// steer a terminal escaped, at most `width` wide.
pub(crate) fn one_line(text: &str, width: usize) -> String {
    let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let words = escaped(&words);
    if words.chars().count() <= width {
        return words.into_owned();
    }
    let cut: String = words.chars().take(width.saturating_sub(1)).collect();
    cut + "…"
}
