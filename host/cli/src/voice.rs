//! What the run says: to the user on the terminal and to the run's log, the same words to both.

use crate::journal::{Journal, Level};
use crate::terminal::{Reports, Terminal};
use loadwright_core::secret::Secrets;
use loadwright_wasm::Level as PluginLevel;

/// Name of our own lines in the log.
const OURS: &str = "loadwright";

/// Terminal and log of a run.
#[derive(Debug, Default)]
pub(crate) struct Voice {
    /// The terminal.
    pub(crate) terminal: Terminal,
    /// The log.
    pub(crate) journal: Journal,
    /// Whether debug lines are shown.
    pub(crate) debug: bool,
    /// What is masked in all that is said, since it may quote what was sent.
    secrets: Secrets,
}

impl Voice {
    /// A voice that shows debug lines where `debug` is set, with reports on a stream of their own,
    /// and no `secrets`.
    pub(crate) fn new(debug: bool, reports: Reports, secrets: Secrets) -> Self {
        Self { terminal: Terminal::new(reports), debug, secrets, ..Self::default() }
    }

    /// Something the user should know.
    pub(crate) fn notice(&self, text: &str) {
        self.say("notice: ", text);
        self.log(Level::Warning, text);
    }

    /// Where the run stands.
    pub(crate) fn info(&self, text: &str) {
        self.say("", text);
        self.log(Level::Info, text);
    }

    /// What went wrong.
    pub(crate) fn error(&self, text: &str) {
        self.say("loadwright: ", text);
        self.log(Level::Error, text);
    }

    /// How something was resolved.
    pub(crate) fn detail(&self, text: &str) {
        if self.debug {
            self.say("", text);
            self.log(Level::Debug, text);
        }
    }

    /// A line of the terminal alone.
    pub(crate) fn say(&self, label: &str, text: &str) {
        self.terminal.say(&format!("{label}{}", self.secrets.masked(text)));
    }

    /// A report: `shown` on the terminal, `logged` in the log.
    pub(crate) fn report(&self, shown: &str, logged: &str) {
        self.terminal.print(shown);
        self.journal.write_report(OURS, logged);
    }

    /// A line of the log alone.
    pub(crate) fn log(&self, level: Level, text: &str) {
        self.journal.write(OURS, level, &self.secrets.masked(text));
    }

    /// A line of a plugin, under its name.
    pub(crate) fn plugin(&self, name: &str, level: PluginLevel, text: &str) {
        let (logged, shown) = match level {
            PluginLevel::Debug if !self.debug => return,
            PluginLevel::Debug => (Level::Debug, true),
            PluginLevel::Info => (Level::Info, self.debug),
            PluginLevel::Warn => (Level::Warning, true),
            PluginLevel::Error => (Level::Error, true),
            PluginLevel::Progress => (Level::Info, true),
        };
        if shown {
            self.say(&format!("plugin {name}: "), text);
        }
        self.journal.write(&format!("plugin {name}"), logged, &self.secrets.masked(text));
    }
}
