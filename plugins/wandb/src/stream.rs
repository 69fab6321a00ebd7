//! The bodies of requests that add to a run's files line by line, and what the service answers.

#[cfg(test)]
mod tests;

use crate::history::Line;
use serde_json::{Value, json};

/// Bytes of history in one request: well below what the service takes, and what proxies let through.
const BATCH: usize = 512 * 1024;

/// The file of the history.
const HISTORY: &str = "wandb-history.jsonl";

/// The file of the log.
const LOG: &str = "output.log";

/// The file of the summary, which has one line that is replaced.
pub(crate) const SUMMARY: &str = "wandb-summary.json";

/// What one request says; nothing at all: the run still goes on.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Update<'a> {
    /// Lines of history that the service has.
    pub(crate) offset: u64,
    /// Lines from there on. What stands there is replaced, so lines may be sent twice.
    pub(crate) lines: &'a [String],
    pub(crate) summary: Option<&'a Line>,
    /// Lines of the log that the service has.
    pub(crate) log_offset: u64,
    /// Lines of the log from there on.
    pub(crate) log: &'a [String],
    /// Names of files that were uploaded.
    pub(crate) uploaded: &'a [String],
    /// The run has ended.
    pub(crate) exit: Option<i32>,
}

impl Update<'_> {
    /// The body.
    pub(crate) fn body(&self) -> Vec<u8> {
        let mut body = Line::new();
        let mut files = Line::new();
        if !self.lines.is_empty() {
            files.insert(HISTORY.into(), json!({"offset": self.offset, "content": self.lines}));
        }
        if !self.log.is_empty() {
            files.insert(LOG.into(), json!({"offset": self.log_offset, "content": self.log}));
        }
        if let Some(summary) = self.summary {
            let line = Value::from(summary.clone()).to_string();
            files.insert(SUMMARY.into(), json!({"offset": 0, "content": [line]}));
        }
        if !files.is_empty() {
            body.insert("files".into(), files.into());
        }
        if !self.uploaded.is_empty() {
            body.insert("uploaded".into(), self.uploaded.into());
        }
        if let Some(code) = self.exit {
            body.insert("complete".into(), true.into());
            body.insert("exitcode".into(), code.into());
        }
        Value::from(body).to_string().into_bytes()
    }
}

/// The first of `lines`, as many as fit one request: one at least.
pub(crate) fn batch(lines: &[String]) -> &[String] {
    let mut bytes = 0;
    let fits = lines.iter().take_while(|line| {
        bytes += line.len();
        bytes <= BATCH
    });
    let count = fits.count().max(1).min(lines.len());
    &lines[..count]
}

/// Whether someone stopped the run in its page.
pub(crate) fn is_stopped(answer: &Value) -> bool {
    answer.get("stopped").and_then(Value::as_bool).unwrap_or(false)
}

/// A summary with the run's duration, as W&B keeps it.
pub(crate) fn with_runtime(mut summary: Line, seconds: f64) -> Line {
    summary.insert("_wandb".into(), json!({"runtime": seconds.max(0.0).floor()}));
    summary
}
