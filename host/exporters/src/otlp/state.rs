//! What is kept beside the run, so that a later process goes on where this one stopped.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What is kept.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct State {
    /// Bytes of the run's log that were sent.
    pub(super) log: u64,
    /// The point that was begun last.
    pub(super) point: Option<u32>,
    /// Its requests that the last metrics request held, and until when that one was, in seconds since
    /// the Unix epoch.
    pub(super) measured: u64,
    pub(super) until: f64,
    /// Bytes of each file, with `mode=offline`.
    pub(super) files: BTreeMap<String, u64>,
}

impl State {
    /// The state that was stored; one that cannot be read is that of the beginning.
    pub(super) fn stored(text: &str) -> Self {
        serde_json::from_str(text).unwrap_or_default()
    }

    pub(super) fn text(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }
}
