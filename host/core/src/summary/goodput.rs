//! Requests that meet every objective.

use crate::Nanos;
use crate::metrics::Row;
use crate::plan::{Objectives, Plan};

/// Succeeded requests that met every objective; none where none was given.
pub(super) fn count<'a>(rows: impl Iterator<Item = &'a Row>, plan: &Plan) -> Option<u64> {
    let planned = plan.load.is_planned();
    let meets = |row: &&Row| row.ok && meets(row, &plan.objectives, planned);
    plan.objectives.any().then(|| rows.filter(meets).count() as u64)
}

/// Whether a request met every objective; by its from-schedule metrics where it was `planned` for a
/// time. A reply of one token has no TPOT to miss; any other metric that does not exist misses its
/// objective.
pub(crate) fn meets(row: &Row, objectives: &Objectives, planned: bool) -> bool {
    let ttft = if planned { row.ttft_from_schedule() } else { row.ttft() };
    let latency = if planned { row.latency_from_schedule() } else { row.latency() };
    let within = |metric: Option<Nanos>, limit: Option<Nanos>| {
        limit.is_none_or(|limit| metric.is_some_and(|metric| metric <= limit))
    };
    within(ttft, objectives.ttft)
        && within(row.tpot_to_judge(), objectives.tpot)
        && within(Some(latency), objectives.latency)
}
