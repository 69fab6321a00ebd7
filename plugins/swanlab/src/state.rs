//! What an exporter keeps of the experiment that is open, so that another instance can go on with it.

use crate::model::{Experiment, Finish, Line};
use crate::target::Refused;
use serde::{Deserialize, Serialize};

/// The experiment that is open.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct State {
    /// The position of its point.
    pub(crate) point: u32,
    pub(crate) experiment: Experiment,
    /// The last step of its rows.
    pub(crate) step: i64,
    /// Lines of its log.
    pub(crate) lines: u32,
    /// Its point has ended: what is left to say of it.
    pub(crate) finish: Option<Finish>,
    /// What was refused and has not been told.
    pub(crate) refused: Refused,
    /// The target's own.
    pub(crate) place: String,
}

impl State {
    /// What was stored; none: nothing, or not by this version.
    pub(crate) fn read(stored: &str) -> Option<Self> {
        serde_json::from_str(stored).ok()
    }

    pub(crate) fn stored(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    /// The next line of the log.
    pub(crate) fn line(&mut self, text: impl Into<String>, error: bool, at: f64) -> Line {
        self.lines += 1;
        Line { number: self.lines, text: text.into(), error, at }
    }

    pub(crate) fn refuse(&mut self, refused: Refused) {
        for (what, count) in refused {
            *self.refused.entry(what).or_default() += count;
        }
    }

    /// What was refused since it was last told. With the name: two losses alike are told once.
    pub(crate) fn losses(&mut self) -> Vec<String> {
        let name = &self.experiment.name;
        let refused = std::mem::take(&mut self.refused);
        refused.into_iter().map(|(what, count)| format!("{count} {what} ({name})")).collect()
    }
}
