//! Runs and displays the connection test: its failures, and how long it is repeated; as a countdown on
//! a terminal, as a line every few seconds elsewhere.

use crate::console::Console;
use crate::error::CommandError;
use crate::plan::Run;
use crate::remedy::one_line;
use indicatif::{ProgressBar, ProgressStyle};
use loadwright_core::foreign::escaped;
use loadwright_core::outcome::Outcome;
use loadwright_engine::{Control, Patience, Ports, Waiting, probe};
use std::cell::Cell;
use std::sync::Arc;
use std::time::Duration;

/// Interval of lines when there is no countdown.
const LINE_EVERY: Duration = Duration::from_secs(5);

/// Requests one token before anything is measured, and repeats that for `--wait-for-server` while the
/// server does not answer.
///
/// # Errors
/// The server does not answer.
pub(crate) fn test_connection(
    run: &Run,
    ports: &Ports,
    control: &Control,
    console: &Console,
) -> Result<(), CommandError> {
    let plan = Arc::new(run.points[0].clone());
    let display = Display { console, countdown: countdown(console), last: Cell::default() };
    let on_wait = |waiting: &Waiting<'_>| display.show(waiting);
    let patience = Patience { limit: run.wait_for_server, on_wait: &on_wait };
    let probed = probe(&plan, run.first_item, ports, control, &patience);
    if let Some(countdown) = &display.countdown {
        countdown.finish_and_clear();
    }
    let latency = probed?.latency;
    console.debug(&format!("the connection test took {:.1} ms", latency as f64 / 1e6));
    Ok(())
}

/// Display of a test that has not succeeded yet.
struct Display<'a> {
    console: &'a Console,
    countdown: Option<ProgressBar>,
    /// What was shown last.
    last: Cell<Shown>,
}

/// A message that was shown; nothing before the first.
#[derive(Debug, Clone, Copy, Default)]
struct Shown {
    outcome: Option<Outcome>,
    /// The time that was left then.
    left: Option<Duration>,
}

impl Display<'_> {
    fn show(&self, waiting: &Waiting<'_>) {
        let last = self.last.get();
        let outcome = waiting.failure.map(|failure| failure.outcome);
        let left = waiting.left.as_secs_f64().ceil();
        let is_news = outcome != last.outcome;
        if let Some(failure) = waiting.failure.filter(|_| is_news) {
            let why = one_line(&failure.to_string());
            self.console.info(&format!(
                "the server does not answer the connection test yet: {why}; trying again for {left} \
                 s (--wait-for-server)"
            ));
        }
        let text = match waiting.failure {
            Some(failure) => format!("trying again: {}, {left} s left", failure.outcome.class()),
            None => format!("waiting for the server's first answer, {left} s left"),
        };
        match &self.countdown {
            Some(bar) => bar.set_message(escaped(&text).into_owned()),
            None if is_news || last.left.is_none() => {}
            None if last.left.is_some_and(|left| left < waiting.left + LINE_EVERY) => return,
            None => self.console.info(&text),
        }
        self.last.set(Shown { outcome, left: Some(waiting.left) });
    }
}

/// A line below the messages, if the terminal can redraw one.
fn countdown(console: &Console) -> Option<ProgressBar> {
    console.terminal.live().then(|| {
        let bar = console.terminal.bars().add(ProgressBar::new_spinner());
        bar.set_style(ProgressStyle::with_template("{msg}").expect("the template is well formed"));
        bar
    })
}
