//! Plugin instances had to be replaced.

use crate::checks::{Bound, Evidence, Finding};
use crate::metrics::Metric;
use crate::plan::Plan;
use crate::words::times;
use serde::{Deserialize, Serialize};

/// A plugin instance was replaced after a trap or a limit.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct PluginRestarts {
    /// How often.
    pub times: u64,
}

impl Finding for PluginRestarts {
    fn find(_: &Plan, evidence: &Evidence) -> Vec<Self> {
        let times = evidence.health.plugin_restarts;
        Vec::from_iter((times > 0).then_some(Self { times }))
    }

    fn invalidates(&self) -> bool {
        false
    }

    fn metrics(&self) -> Vec<Metric> {
        vec![Metric::RequestThroughput]
    }

    fn bound(&self) -> Option<Bound> {
        None
    }

    fn statement(&self, _: &Plan) -> String {
        format!("a plugin was restarted {} after a trap or a limit", times(self.times))
    }

    fn advice(&self, _: &Plan) -> String {
        "Check the log for the plugin's errors.".into()
    }
}
