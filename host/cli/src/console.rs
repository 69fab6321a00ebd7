//! Messages of a run: on the terminal and in the run's log, with the same words.

use crate::run_log::{Level, RunLog};
use crate::terminal::{Reports, Terminal};
use loadwright_core::secret::Secrets;
use loadwright_wasm::Level as PluginLevel;

/// Name of our own lines in the log.
const OURS: &str = "loadwright";

/// Terminal and log of a run.
#[derive(Debug, Default)]
pub(crate) struct Console {
    /// The terminal.
    pub(crate) terminal: Terminal,
    /// The log.
    pub(crate) run_log: RunLog,
    /// Whether debug messages are shown.
    pub(crate) verbose: bool,
    /// Masked in every message, since it may quote what was sent.
    secrets: Secrets,
}

impl Console {
    /// A console that shows debug messages if `verbose` is set, prints reports to `reports`, and masks
    /// `secrets`.
    pub(crate) fn new(verbose: bool, reports: Reports, secrets: Secrets) -> Self {
        Self { terminal: Terminal::new(reports), verbose, secrets, ..Self::default() }
    }

    /// Something the user should know.
    pub(crate) fn notice(&self, text: &str) {
        self.print_line("notice: ", text);
        self.log(Level::Warning, text);
    }

    /// Progress of the run.
    pub(crate) fn info(&self, text: &str) {
        self.print_line("", text);
        self.log(Level::Info, text);
    }

    /// What went wrong.
    pub(crate) fn error(&self, text: &str) {
        self.print_line("loadwright: ", text);
        self.log(Level::Error, text);
    }

    /// A debug message: how something was resolved.
    pub(crate) fn debug(&self, text: &str) {
        if self.verbose {
            self.print_line("", text);
            self.log(Level::Debug, text);
        }
    }

    /// A line of the terminal alone.
    pub(crate) fn print_line(&self, label: &str, text: &str) {
        self.terminal.message(&format!("{label}{}", self.secrets.masked(text)));
    }

    /// A report: `shown` on the terminal, `logged` in the log.
    pub(crate) fn report(&self, shown: &str, logged: &str) {
        self.terminal.print_report(shown);
        self.run_log.write_report(OURS, logged);
    }

    /// A line of the log alone.
    pub(crate) fn log(&self, level: Level, text: &str) {
        self.run_log.write(OURS, level, &self.secrets.masked(text));
    }

    /// A line of a plugin, under its name.
    pub(crate) fn plugin(&self, name: &str, level: PluginLevel, text: &str) {
        let (logged, shown) = match level {
            PluginLevel::Debug if !self.verbose => return,
            PluginLevel::Debug => (Level::Debug, true),
            PluginLevel::Info => (Level::Info, self.verbose),
            PluginLevel::Warn => (Level::Warning, true),
            PluginLevel::Error => (Level::Error, true),
            PluginLevel::Progress => (Level::Info, true),
        };
        if shown {
            self.print_line(&format!("plugin {name}: "), text);
        }
        self.run_log.write(&format!("plugin {name}"), logged, &self.secrets.masked(text));
    }
}
