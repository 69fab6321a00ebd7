//! The load of a run, once its dataset has said whether it is timed.

use crate::console::Console;
use crate::error::CommandError;
use crate::plan::Run;

/// The run with the points that fit a dataset that is `timed` or not.
///
/// # Errors
/// Flags contradict what the dataset is.
pub(super) fn settle(run: &Run, timed: bool, console: &Console) -> Result<Run, CommandError> {
    let sweep = run.loads.clone().settled(timed);
    if !sweep.errors.0.is_empty() {
        return Err(sweep.errors.into());
    }
    for notice in &sweep.notices {
        console.notice(notice);
    }
    for setting in sweep.resolved.iter().filter(|setting| !run.resolved.contains(setting)) {
        console.debug(setting);
    }
    if timed {
        let dataset = &run.points[0].request.dataset;
        console.info(&format!(
            "the dataset {dataset} is timed: its conversations are sent at its times (open loop)"
        ));
    }
    Ok(Run { points: sweep.points, resolved: sweep.resolved, ..run.clone() })
}
