//! Whether prompts can be generated as fast as the plan sends them: a short measurement before the
//! run, so that the user knows before waiting for its warnings.

use crate::console::Console;
use crate::plan::Run;
use loadwright_core::plan::{Load, Plan};
use loadwright_core::ports::DatasetFactory;
use loadwright_engine::preparer_count;
use loadwright_timing::clock;

/// Below this rate any dataset keeps up.
const MIN_RATE: f64 = 50.0;

/// Nanoseconds of the measurement.
const SPAN: u64 = 30_000_000;

/// Items generated at a time.
const BATCH: u32 = 16;

/// Notices a dataset that generates prompts more slowly than a point sends them.
pub(super) fn check(run: &Run, dataset: &dyn DatasetFactory, console: &Console) {
    let points = run.points.iter();
    let Some(fastest) = points.max_by(|one, other| rate(one).total_cmp(&rate(other))) else {
        return;
    };
    if rate(fastest) < MIN_RATE {
        return;
    }
    let Some(per_thread) = measure(dataset, run.first_item) else { return };
    let most = per_thread * preparer_count(fastest) as f64;
    console.debug(&format!("the dataset generates about {most:.0} prompts a second here"));
    if rate(fastest) > most {
        console.notice(&format!(
            "the dataset generates about {most:.0} prompts a second here, below the --rate of {}: \
             requests will be late; lower the rate or the prompt length, or use a machine with \
             more cores",
            rate(fastest)
        ));
    }
}

/// Requests a second that a point asks for; 0 where it asks for none.
fn rate(plan: &Plan) -> f64 {
    match &plan.load {
        Load::Open { arrival, .. } | Load::Closed { pace: Some(arrival), .. } => arrival.rate,
        Load::Closed { pace: None, .. } | Load::Trace { .. } => 0.0,
    }
}

/// Items a second on this thread. A dataset that fails here fails again in the run, where its
/// failure is reported as what it is.
fn measure(dataset: &dyn DatasetFactory, first: u64) -> Option<f64> {
    let mut dataset = dataset.instance().ok()?;
    let first = u32::try_from(first).ok()?;
    let start = clock::now();
    let (mut made, mut spent) = (0_u32, 0);
    while spent < SPAN {
        // One at first: of long prompts a batch takes long.
        let items = dataset.generate(first.checked_add(made)?, made.clamp(1, BATCH)).ok()?;
        made += u32::try_from(items.len()).ok().filter(|count| *count > 0)?;
        spent = clock::now() - start;
    }
    Some(f64::from(made) * 1e9 / spent.max(1) as f64)
}

#[cfg(test)]
mod tests;
