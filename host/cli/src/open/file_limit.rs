//! The limit of open files: raised as far as possible; a plan that needs more is refused.

use crate::diagnostics::Diagnostics;
use crate::error::CommandError;
use crate::plan::Run;
use loadwright_core::plan::{Load, Plan};

/// Files beside the connections of requests: logs, records, timers, the terminal.
const BESIDE: u64 = 100;

/// Raises the limit of open files as far as the system allows.
///
/// # Errors
/// A point needs more.
pub(super) fn raise(run: &Run) -> Result<(), CommandError> {
    let have = rlimit::increase_nofile_limit(u64::MAX).map_err(CommandError::System)?;
    match refusal(run, have) {
        None => Ok(()),
        Some((flag, text)) => {
            let mut diagnostics = Diagnostics::default();
            diagnostics.error(flag, text);
            Err(diagnostics.errors.into())
        }
    }
}

/// Why `run` needs more than `have` open files, and the flag to lower.
fn refusal(run: &Run, have: u64) -> Option<(&'static str, String)> {
    // The simulated server holds the other end of every connection.
    let ends = if run.simulate { 2 } else { 1 };
    let (most, flag) = run.points.iter().map(connections).max()?;
    let need = most * ends + BESIDE;
    let text = || {
        format!(
            "{most} connections need {need} open files, and the system allows {have}; lower it, \
             or raise the limit (ulimit -Hn)"
        )
    };
    (need > have).then(|| (flag, text()))
}

/// Connections at most, where the plan bounds them, and the flag that does: a request needs one, and
/// one at a time.
fn connections(point: &Plan) -> (u64, &'static str) {
    let (most, flag) = match point.load {
        Load::Closed { workers, .. } => (workers, "parallel"),
        // Each thread may come to serve all of them, and keeps the connections that it opened.
        Load::Open { max_in_flight, .. } | Load::Trace { max_in_flight } => {
            let most = max_in_flight.unwrap_or_default();
            (most.saturating_mul(u32::from(point.engine.threads)), "max-in-flight")
        }
    };
    (u64::from(most).min(point.slots().unwrap_or(u64::MAX)), flag)
}

#[cfg(test)]
mod tests;
