//! What a guest says: passed on to the run's log, and its end kept for the error that may follow.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

/// How much of what a call said stands above its trap.
const KEPT: usize = 4096;

/// Lines a plugin may put into the log in the host's lifetime: a guest that logs every request
/// would drown everything else.
const LINES: u32 = 1000;

/// How much a log line matters.
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
    /// From the host itself: something takes long enough to say so, e.g. a first compilation.
    Progress,
}

/// Takes a line of a plugin's log: the plugin's name, the level and the text.
pub type Log = Arc<dyn Fn(&str, Level, &str) + Send + Sync>;

/// Where a plugin's lines go; shared by all its instances.
#[derive(Clone)]
pub(crate) struct PluginLog {
    plugin: Arc<str>,
    log: Log,
    lines: Arc<AtomicU32>,
}

impl PluginLog {
    pub(crate) fn new(plugin: &str, log: Log) -> Self {
        Self { plugin: plugin.into(), log, lines: Arc::default() }
    }

    /// A line from the host about the plugin: never dropped.
    pub(crate) fn announce(&self, level: Level, text: &str) {
        (self.log)(&self.plugin, level, text);
    }

    fn say(&self, level: Level, text: &str) {
        match self.lines.fetch_add(1, Ordering::Relaxed) {
            earlier if earlier < LINES => self.announce(level, text),
            LINES => {
                let text = format!("{LINES} lines logged; further ones are not shown");
                self.announce(Level::Warn, &text);
            }
            // Held there, so that the counter never comes round.
            _ => self.lines.store(LINES + 1, Ordering::Relaxed),
        }
    }
}

/// The console of one instance.
pub(crate) struct Console {
    log: PluginLog,
    /// The end of what this call said.
    kept: String,
    /// A line of standard output or error that has not ended.
    open: Vec<u8>,
}

impl Console {
    pub(crate) fn new(log: PluginLog) -> Self {
        Self { log, kept: String::new(), open: Vec::new() }
    }

    pub(crate) fn clear(&mut self) {
        self.kept.clear();
    }

    /// One line by the `log` interface.
    pub(crate) fn line(&mut self, level: Level, text: &str) {
        self.log.say(level, text);
        self.keep(text);
    }

    /// Bytes written to standard output or error; logged line by line.
    pub(crate) fn bytes(&mut self, bytes: &[u8]) {
        self.open.extend_from_slice(bytes);
        while let Some(end) = memchr::memchr(b'\n', &self.open) {
            let rest = self.open.split_off(end + 1);
            let line = std::mem::replace(&mut self.open, rest);
            self.line(Level::Info, String::from_utf8_lossy(&line).trim_end());
        }
        if self.open.len() > KEPT {
            self.flush();
        }
    }

    /// What this call said, its last 4 KiB; empty if nothing.
    pub(crate) fn tail(&mut self) -> &str {
        self.flush();
        self.kept.trim_end()
    }

    fn flush(&mut self) {
        if !self.open.is_empty() {
            let line = std::mem::take(&mut self.open);
            self.line(Level::Info, String::from_utf8_lossy(&line).trim_end());
        }
    }

    fn keep(&mut self, text: &str) {
        self.kept.push_str(text);
        self.kept.push('\n');
        if self.kept.len() > KEPT {
            let mut cut = self.kept.len() - KEPT;
            while !self.kept.is_char_boundary(cut) {
                cut += 1;
            }
            self.kept.drain(..cut);
        }
    }
}
