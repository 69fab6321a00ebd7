//! Where tasks go, of which there are two kinds.

use crate::artifact::Artifact;
use crate::state::Task;
use crate::task::Description;
use loadwright_plugin::Fault;
use loadwright_plugin::exporter::{EndReason, Run};
use serde_json::Value;

/// How a task ended.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Ending {
    pub(crate) reason: EndReason,
    /// For people; empty where it was completed.
    pub(crate) text: String,
}

/// Takes tasks. Losses are lower-case fragments with a count.
pub(crate) trait Destination {
    /// A run begins, or goes on.
    fn begin(&mut self, run: &Run) -> Result<(), Fault>;

    /// Makes a task and starts it. Returns its id.
    fn open(&mut self, task: &Description) -> Result<String, Fault>;

    /// Scalars and plots: sending them twice does no harm.
    fn metrics(&mut self, task: &mut Task, events: &[Value]) -> Result<Vec<String>, Fault>;

    /// Lines of the log.
    fn log(&mut self, task: &mut Task, events: &[Value]) -> Result<Vec<String>, Fault>;

    /// Adds a file to a task.
    fn attach(&mut self, task: &Task, artifact: &Artifact) -> Result<(), Fault>;

    /// Ends a task.
    fn close(&mut self, task: &Task, ending: &Ending) -> Result<(), Fault>;

    /// All tasks have their files.
    fn finish(&mut self, tasks: &[Task]) -> Result<(), Fault>;

    /// Where to see a task.
    fn link(&self, task: &Task) -> Option<String>;

    /// Keeps a task alive. Returns why the user ended it, if it was ended.
    fn watch(&mut self, _task: &Task) -> Option<String> {
        None
    }
}
