//! The terminal: how wide it is, whether it has colours, and lines that do not tear progress bars.
//!
//! Reports go to standard output, or to standard error where a document for programs has that for
//! itself; everything else goes to standard error. A reader that has gone away (a closed pipe) is no
//! error: what it does not want is not written. Any other failure of standard output is remembered,
//! and decides how the process ends.

use indicatif::{MultiProgress, ProgressDrawTarget};
use loadwright_core::foreign::escaped_lines;
use loadwright_report::Style;
use std::ffi::OsStr;
use std::io::{self, IsTerminal, Write};
use std::os::fd::AsFd;
use std::sync::OnceLock;

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

/// Why standard output could not be written, the first time.
static LOST: OnceLock<io::Error> = OnceLock::new();

/// Standard output and error of the process.
#[derive(Debug)]
pub(crate) struct Terminal {
    bars: MultiProgress,
    reports: Reports,
    live: bool,
}

impl Terminal {
    /// The process's own.
    pub(crate) fn new(reports: Reports) -> Self {
        let live = io::stderr().is_terminal() && !is_dumb();
        // Progress is for people; a log file, or a terminal that cannot move its cursor, gets plain
        // lines from elsewhere.
        let target = if live { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        Self { bars: MultiProgress::with_draw_target(target), reports, live }
    }

    /// How reports are laid out at this moment: a terminal may have been resized.
    pub(crate) fn style(&self) -> Style {
        match self.reports {
            Reports::Stdout => style(&io::stdout()),
            Reports::Stderr => style(&io::stderr()),
        }
    }

    /// Columns of the stream that bars are drawn on.
    pub(crate) fn bar_width(&self) -> usize {
        style(&io::stderr()).width
    }

    /// Whether bars can be drawn.
    pub(crate) fn live(&self) -> bool {
        self.live
    }

    /// The bars that are drawn below what is said.
    pub(crate) fn bars(&self) -> &MultiProgress {
        &self.bars
    }

    /// Writes a report, which holds nothing foreign that is not escaped, with a line end if it has
    /// none.
    pub(crate) fn print(&self, text: &str) {
        match self.reports {
            Reports::Stdout => self.document(text),
            Reports::Stderr => self.say_as_is(text),
        }
    }

    /// Writes `text` to standard output, with a line end if it has none.
    pub(crate) fn document(&self, text: &str) {
        self.bars.suspend(|| print(text));
    }

    /// Writes a line to standard error. What it quotes may be foreign, and is escaped.
    pub(crate) fn say(&self, line: &str) {
        self.say_as_is(&escaped_lines(line));
    }

    /// Writes lines of our own to standard error, to be copied as they are.
    pub(crate) fn say_as_is(&self, text: &str) {
        self.bars.suspend(|| {
            // Whoever read it is gone, or the disk behind it is full: nobody is left to tell.
            let _ = write(&mut io::stderr().lock(), text);
        });
    }
}

impl Default for Terminal {
    fn default() -> Self {
        Self::new(Reports::Stdout)
    }
}

/// Writes `text` to standard output: everything that goes there does so here.
pub(crate) fn print(text: &str) {
    match write(&mut io::stdout().lock(), text) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => drop(LOST.set(error)),
        _ => {}
    }
}

/// Why something that was printed did not arrive, though somebody waits for it.
pub(crate) fn lost() -> Option<&'static io::Error> {
    LOST.get()
}

/// Whether `stream` shows colours: a terminal that can, of a user who wants them.
pub(crate) fn has_colours(stream: &impl IsTerminal) -> bool {
    let unwanted = std::env::var_os("NO_COLOR").is_some_and(|set| !set.is_empty());
    stream.is_terminal() && !unwanted && !is_dumb()
}

fn is_dumb() -> bool {
    std::env::var_os("TERM").as_deref() == Some(OsStr::new("dumb"))
}

fn style(stream: &(impl IsTerminal + AsFd)) -> Style {
    let width = if stream.is_terminal() { columns(stream) } else { FILE_WIDTH };
    Style { width, colour: has_colours(stream) }
}

fn columns(stream: impl AsFd) -> usize {
    let size = terminal_size::terminal_size_of(stream);
    size.map_or(NARROWEST, |(width, _)| usize::from(width.0).max(NARROWEST))
}

fn write(to: &mut dyn Write, text: &str) -> io::Result<()> {
    let end = if text.ends_with('\n') { "" } else { "\n" };
    write!(to, "{text}{end}")?;
    to.flush()
}
