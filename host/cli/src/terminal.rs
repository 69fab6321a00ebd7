//! The terminal: its width, its colours, and messages that do not tear progress bars.
//!
//! Reports go to standard output, or to standard error when a JSON document takes standard output;
//! everything else goes to standard error. A closed pipe is not an error: output stops. Any other
//! failure to write standard output is remembered, and determines the exit code.

use indicatif::{MultiProgress, ProgressDrawTarget};
use loadwright_core::foreign::escaped_lines;
use loadwright_report::Style;
use std::ffi::OsStr;
use std::io::{self, IsTerminal, Write};
use std::os::fd::AsFd;
use std::sync::OnceLock;

/// Columns when standard output is not a terminal: every table fits.
const FILE_WIDTH: usize = Style::FILE.width;

/// Columns of a terminal of unknown width, and the fewest that reports are laid out for.
const NARROWEST: usize = 80;

/// Where reports go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reports {
    /// Standard output.
    Stdout,
    /// Standard error: standard output holds a JSON document.
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
        // Bars need a cursor; a log file or a dumb terminal gets plain lines, printed elsewhere.
        let target = if live { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        Self { bars: MultiProgress::with_draw_target(target), reports, live }
    }

    /// The current report style: a terminal may have been resized.
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

    /// The progress bars, drawn below messages.
    pub(crate) fn bars(&self) -> &MultiProgress {
        &self.bars
    }

    /// Writes a report, in which foreign text is escaped already, with a line end if it has none.
    pub(crate) fn print_report(&self, text: &str) {
        match self.reports {
            Reports::Stdout => self.print_stdout(text),
            Reports::Stderr => self.raw_message(text),
        }
    }

    /// Writes `text` to standard output, with a line end if it has none.
    pub(crate) fn print_stdout(&self, text: &str) {
        self.bars.suspend(|| print(text));
    }

    /// Writes a message to standard error, its control characters escaped: it may quote foreign text.
    pub(crate) fn message(&self, text: &str) {
        self.raw_message(&escaped_lines(text));
    }

    /// Writes text of our own to standard error as it is.
    pub(crate) fn raw_message(&self, text: &str) {
        self.bars.suspend(|| {
            // The reader is gone, or the disk is full: there is nowhere left to report it.
            let _ = write(&mut io::stderr().lock(), text);
        });
    }
}

impl Default for Terminal {
    fn default() -> Self {
        Self::new(Reports::Stdout)
    }
}

/// Writes `text` to standard output; the only function that does.
pub(crate) fn print(text: &str) {
    match write(&mut io::stdout().lock(), text) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => drop(LOST.set(error)),
        _ => {}
    }
}

/// Why standard output could not be written, if its reader is still there.
pub(crate) fn lost() -> Option<&'static io::Error> {
    LOST.get()
}

/// Whether `stream` is a terminal that shows colours, and the user has not turned them off.
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
