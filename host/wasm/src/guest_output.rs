//! A guest's log lines and standard output: passed on to the run's log, with the last part kept for
//! the error message if the call traps.

mod budget;

use budget::{Budget, Verdict};
use loadwright_core::foreign::clipped;
use std::sync::Arc;

/// Bytes of a call's output that are shown above its trap.
const KEPT: usize = 4096;

/// Severity of a log line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// For the plugin's author.
    Debug,
    /// Worth knowing.
    Info,
    /// Something the user may want to change.
    Warn,
    /// Something went wrong.
    Error,
    /// From the host itself: something is taking long, e.g. a first compilation.
    Progress,
}

/// Takes a line of a plugin's log: the plugin's name, the level and the text.
pub type Log = Arc<dyn Fn(&str, Level, &str) + Send + Sync>;

/// The log of one plugin; shared by all its instances.
#[derive(Clone)]
pub(crate) struct PluginLog {
    plugin: Arc<str>,
    log: Log,
    budget: Arc<Budget>,
}

impl PluginLog {
    pub(crate) fn new(plugin: &str, log: Log) -> Self {
        Self { plugin: plugin.into(), log, budget: Arc::default() }
    }

    /// A line from the host about the plugin: never dropped.
    pub(crate) fn announce(&self, level: Level, text: &str) {
        (self.log)(&self.plugin, level, text);
    }

    fn write(&self, level: Level, text: &str) {
        match self.budget.take(level, text.len()) {
            Verdict::Shown => self.announce(level, text),
            Verdict::Last(limit) => {
                self.announce(Level::Warn, &format!("{limit} logged; further lines are not shown"));
            }
            Verdict::Dropped => {}
        }
    }
}

/// The output of one instance.
pub(crate) struct GuestOutput {
    log: PluginLog,
    /// The last part of this call's output.
    kept: String,
    /// A line of standard output or error without its end yet.
    unfinished: Vec<u8>,
}

impl GuestOutput {
    pub(crate) fn new(log: PluginLog) -> Self {
        Self { log, kept: String::new(), unfinished: Vec::new() }
    }

    pub(crate) fn clear(&mut self) {
        self.kept.clear();
    }

    /// One line of the `log` interface.
    pub(crate) fn line(&mut self, level: Level, text: &str) {
        let text = clipped(text, KEPT);
        self.log.write(level, &text);
        self.keep(&text);
    }

    /// Bytes written to standard output or error; logged line by line.
    pub(crate) fn bytes(&mut self, mut bytes: &[u8]) {
        while let Some(end) = memchr::memchr(b'\n', bytes) {
            self.unfinished.extend_from_slice(&bytes[..end]);
            self.flush();
            bytes = &bytes[end + 1..];
        }
        self.unfinished.extend_from_slice(bytes);
        if self.unfinished.len() > KEPT {
            self.flush();
        }
    }

    /// The last 4 KiB of this call's output.
    pub(crate) fn tail(&mut self) -> &str {
        if !self.unfinished.is_empty() {
            self.flush();
        }
        self.kept.trim_end()
    }

    fn flush(&mut self) {
        let line = std::mem::take(&mut self.unfinished);
        self.line(Level::Info, String::from_utf8_lossy(&line).trim_end());
    }

    fn keep(&mut self, text: &str) {
        self.kept.push_str(text);
        self.kept.push('\n');
        let excess = self.kept.len().saturating_sub(KEPT);
        self.kept.drain(..self.kept.ceil_char_boundary(excess));
    }
}
