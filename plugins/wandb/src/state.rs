//! What is stored between two calls, so that a new instance goes on where this one ended.

use crate::history::{Line, TIME};
use serde::{Deserialize, Serialize};

/// How far the run has been sent.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub(crate) struct State {
    /// The point that is being sent.
    pub(crate) open: Option<Open>,
    /// Those that have ended.
    pub(crate) ended: Vec<Ended>,
}

/// A W&B run that goes on.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub(crate) struct Open {
    /// Position of its point in the sweep.
    pub(crate) point: u32,
    pub(crate) id: String,
    /// Time of day at zero of the point's clock.
    pub(crate) origin: f64,
    /// Lines so far.
    pub(crate) step: u64,
    /// The last of them.
    pub(crate) last: Line,
    /// In the service.
    #[serde(default, skip_serializing_if = "is_default")]
    pub(crate) sent: Sent,
    /// In a file.
    #[serde(default, skip_serializing_if = "is_default")]
    pub(crate) file: Written,
}

/// How far a run is in the service.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub(crate) struct Sent {
    pub(crate) entity: String,
    pub(crate) project: String,
    /// Lines of history that the service has.
    pub(crate) offset: u64,
    /// Lines of the log that it had before this run.
    #[serde(default)]
    pub(crate) log: u64,
    /// Lines that it has not.
    pub(crate) pending: Vec<String>,
    /// Lines that it refused.
    pub(crate) lost: u64,
    /// Why it takes nothing more; empty: it does.
    pub(crate) refused: String,
}

/// How far a run is in its file.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub(crate) struct Written {
    pub(crate) folder: String,
    /// Bytes.
    pub(crate) position: u64,
    pub(crate) records: i64,
}

/// A W&B run that has ended.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub(crate) struct Ended {
    pub(crate) id: String,
    pub(crate) exit: i32,
    /// Of a run in the service.
    pub(crate) entity: String,
    pub(crate) project: String,
    /// Of a run in a file.
    pub(crate) folder: String,
}

impl Open {
    /// Seconds on the point's clock at the last line.
    pub(crate) fn seconds(&self) -> f64 {
        self.last.get(TIME).and_then(serde_json::Value::as_f64).unwrap_or(0.0)
    }

    /// Takes note of lines that were added.
    pub(crate) fn advance(&mut self, lines: Vec<Line>) {
        self.step += lines.len() as u64;
        if let Some(last) = lines.into_iter().next_back() {
            self.last = last;
        }
    }
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}
