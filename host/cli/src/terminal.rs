//! The terminal: how wide it is, whether it has colours, and lines that do not tear progress bars.
//!
//! Reports go to standard output, everything else to standard error. A reader that has gone away
//! (a closed pipe) is no error: what it does not want is not written.

use indicatif::{MultiProgress, ProgressDrawTarget};
use loadwright_report::Style;
use std::io::{self, IsTerminal, Write};

/// Columns where standard output is no terminal: every table fits whole.
const FILE_WIDTH: usize = Style::FILE.width;

/// Columns of a terminal that does not say how many it has, and the fewest that are laid out for.
const NARROWEST: usize = 80;

/// Standard output and error of the process.
#[derive(Debug)]
pub(crate) struct Terminal {
    bars: MultiProgress,
    style: Style,
    live: bool,
}

impl Terminal {
    /// The process's own.
    pub(crate) fn new() -> Self {
        let stdout = io::stdout();
        let width = if stdout.is_terminal() { columns() } else { FILE_WIDTH };
        let colour =
            stdout.is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|set| set.is_empty());
        let live = io::stderr().is_terminal();
        // Progress is for people; a log file gets plain lines from elsewhere.
        let target = if live { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        Self { bars: MultiProgress::with_draw_target(target), style: Style { width, colour }, live }
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

    /// Writes `text` to standard output, with a line end if it has none.
    pub(crate) fn print(&self, text: &str) {
        self.bars.suspend(|| write(&mut io::stdout().lock(), text));
    }

    /// Writes a line to standard error.
    pub(crate) fn say(&self, line: &str) {
        self.bars.suspend(|| write(&mut io::stderr().lock(), line));
    }
}

impl Default for Terminal {
    fn default() -> Self {
        Self::new()
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
