//! Lines of a run's log: when it began, and how it ended.

#[cfg(test)]
mod tests;

use crate::record::Output;
use formats::time::{iso, timestamp};
use loadwright_plugin::exporter::{EndReason, Summary};

/// A line of the log.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Said {
    text: String,
    error: bool,
    /// Time of day.
    at: f64,
}

impl Said {
    /// The first line.
    pub(crate) fn begun(text: &str, at: f64) -> Self {
        Self { text: text.into(), error: false, at }
    }

    /// The last lines: what the checks found, the verdict, and why the point did not complete.
    pub(crate) fn ended(summary: &Summary, at: f64) -> Vec<Self> {
        let line = |text: String, error| Self { text, error, at };
        let warning = |warning: &String| line(format!("warning: {warning}"), false);
        let mut lines: Vec<Self> = summary.warnings.iter().map(warning).collect();
        lines.push(line(format!("verdict: {}", summary.verdict), false));
        match summary.end_reason {
            EndReason::Completed => {}
            EndReason::Failed => lines.push(line("the point failed".into(), true)),
            EndReason::Interrupted => lines.push(line("the point was interrupted".into(), true)),
        }
        lines
    }

    /// As the service takes it: text that all of its versions read.
    pub(crate) fn streamed(&self) -> String {
        let level = if self.error { "ERROR " } else { "" };
        format!("{level}{} {}", iso(self.at), self.line())
    }

    /// As a file has it.
    pub(crate) fn written(&self) -> Output {
        let kind = i32::from(!self.error);
        Output { kind, timestamp: Some(timestamp(self.at)), line: self.line() + "\n" }
    }

    fn line(&self) -> String {
        self.text.replace(['\n', '\r'], " ")
    }
}
