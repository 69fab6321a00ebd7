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

/// Asks the service for one token before anything is measured. `asked`: how long one that is still
/// loading is waited for.
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
    let asked = run.wait_for_server;
    let display = Display { console, countdown: countdown(console), said: Cell::default() };
    let told = |waiting: &Waiting<'_>| display.show(waiting);
    let probed = probe(&plan, ports, control, &Patience { limit: asked, on_wait: &told });
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
    /// What was said last, of which outcome, and how much time was left then.
    said: Cell<(Option<Outcome>, Option<Duration>)>,
}

impl Display<'_> {
    fn show(&self, waiting: &Waiting<'_>) {
        let (before, at) = self.said.get();
        let outcome = waiting.failure.map(|failure| failure.outcome);
        let left = waiting.left.as_secs_f64().ceil();
        let is_news = outcome != before;
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
            None if is_news || at.is_none() => {}
            None if at.is_some_and(|at| at < waiting.left + LINE_EVERY) => return,
            None => self.console.info(&text),
        }
        self.said.set((outcome, Some(waiting.left)));
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
