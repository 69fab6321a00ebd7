//! What a report says of a run beside the summaries of its points.

use crate::exported::Exported;
use loadwright_core::condition::Condition;

/// What the report says of the run as a whole.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct RunInfo {
    /// The run's name, where the user gave one.
    pub name: Option<String>,
    /// What the report calls the model, where the user gave that.
    pub alias: Option<String>,
    /// Names of the points that were planned, in order.
    pub points: Vec<String>,
    /// The run's folder, as the user should read it; none: not shown.
    pub folder: Option<String>,
    /// Conditions under which the run counts as failed.
    pub conditions: Vec<Condition>,
    /// What became of its exporters; the document of `--json` alone shows it.
    pub exporters: Vec<Exported>,
}
