//! What a new instance needs to go on: stored by the host after each call.

use loadwright_plugin::Fault;
use serde::{Deserialize, Serialize};

/// The tasks of a run.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub(crate) struct State {
    pub(crate) tasks: Vec<Task>,
}

/// The task of a point.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub(crate) struct Task {
    pub(crate) point: u32,
    pub(crate) id: String,
    pub(crate) name: String,
    /// Time of day at zero of the point's clock.
    pub(crate) origin: f64,
    /// The smallest iteration that no row has had.
    pub(crate) next: i64,
    pub(crate) ended: bool,
    /// Offline: bytes that are valid in each of its files of events.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) metrics: Vec<u64>,
    /// Offline: bytes that are valid in each of its files of log lines.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) log: Vec<u64>,
}

impl State {
    /// Reads what the host has stored; empty: nothing yet.
    pub(crate) fn read(json: &str) -> Result<Self, Fault> {
        if json.is_empty() {
            return Ok(Self::default());
        }
        serde_json::from_str(json)
            .map_err(|error| Fault::Fatal(format!("state that was stored cannot be read: {error}")))
    }

    /// As JSON.
    pub(crate) fn json(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    /// The task of a point.
    pub(crate) fn task(&mut self, point: u32) -> Result<&mut Task, Fault> {
        let found = self.tasks.iter_mut().find(|task| task.point == point);
        found.ok_or_else(|| Fault::Fatal(format!("point {point} has no task: it has not begun")))
    }
}

impl Task {
    /// Milliseconds since the Unix epoch at `at` on the point's clock.
    pub(crate) fn milliseconds(&self, at: f64) -> i64 {
        ((self.origin + at) * 1000.0).round() as i64
    }
}
