//! The terminal: how wide it is, whether it has colours, and lines that do not tear progress bars.
//!
//! Reports go to standard output, or to standard error where a document for programs has that for
//! itself; everything else goes to standard error. A reader that has gone away
//! (a closed pipe) is no error: what it does not want is not written.

use indicatif::{MultiProgress, ProgressDrawTarget};
use loadwright_report::Style;
use std::io::{self, IsTerminal, Write};

/// Columns where standard output is no terminal: every table fits whole.
const FILE_WIDTH: usize = Style::FILE.width;

/// Columns of a terminal that does not say how many it has, and the fewest that are laid out for.
const NARROWEST: usize = 80;

/// Where reports go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reports {
    /// Standard output.
    Stdout,
    /// Standard error: standard output is for a document.
    Stderr,
}

/// Standard output and error of the process.
#[derive(Debug)]
pub(crate) struct Terminal {
    bars: MultiProgress,
    reports: Reports,
    style: Style,
    live: bool,
}

impl Terminal {
    /// The process's own.
    pub(crate) fn new(reports: Reports) -> Self {
        let live = io::stderr().is_terminal();
        let is_terminal = match reports {
            Reports::Stdout => io::stdout().is_terminal(),
            Reports::Stderr => live,
        };
        let width = if is_terminal { columns() } else { FILE_WIDTH };
        let colour = is_terminal && std::env::var_os("NO_COLOR").is_none_or(|set| set.is_empty());
        // Progress is for people; a log file gets plain lines from elsewhere.
        let target = if live { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        let bars = MultiProgress::with_draw_target(target);
        Self { bars, reports, style: Style { width, colour }, live }
    }

    /// How reports are laid out.
    pub(crate) fn style(&self) -> &Style {
        &self.style
    }

    /// Whether bars can be drawn.
    pub(crate) fn live(&self) -> bool {
        self.live
    }

    /// The bars that are drawn below what is said.
    pub(crate) fn bars(&self) -> &MultiProgress {
        &self.bars
    }

    /// Writes a report, with a line end if it has none.
    pub(crate) fn print(&self, text: &str) {
        match self.reports {
            Reports::Stdout => self.document(text),
            Reports::Stderr => self.say(text),
        }
    }

    /// Writes `text` to standard output, with a line end if it has none.
    pub(crate) fn document(&self, text: &str) {
        self.bars.suspend(|| write(&mut io::stdout().lock(), text));
    }

    /// Writes a line to standard error.
    pub(crate) fn say(&self, line: &str) {
        self.bars.suspend(|| write(&mut io::stderr().lock(), line));
    }
}

impl Default for Terminal {
    fn default() -> Self {
        Self::new(Reports::Stdout)
    }
}

fn columns() -> usize {
    let size = terminal_size::terminal_size();
    size.map_or(NARROWEST, |(width, _)| usize::from(width.0).max(NARROWEST))
}

fn write(to: &mut dyn Write, text: &str) {
    let end = if text.ends_with('\n') { "" } else { "\n" };
    // Whoever read it is gone, or the disk behind it is full: there is nobody left to tell.
    let _ = write!(to, "{text}{end}").and_then(|()| to.flush());
}
