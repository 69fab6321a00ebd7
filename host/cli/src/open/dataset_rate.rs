//! Whether prompts can be made as fast as the plan sends them: a short measurement before the run,
//! so that the user learns it before waiting for a Warning.

use crate::console::Console;
use loadwright_core::plan::{Load, Plan};
use loadwright_core::ports::DatasetFactory;
use loadwright_timing::clock;

/// Rates below this are not worth measuring for: any dataset keeps up.
const WORTH_ASKING: f64 = 50.0;

/// The measurement takes about this long.
const ENOUGH: u64 = 30_000_000;

/// Items made at a time, as the engine asks for them.
const BATCH: u32 = 16;

/// Says so where the dataset makes prompts more slowly than a point sends them.
pub(super) fn check(points: &[Plan], dataset: &dyn DatasetFactory, console: &Console) {
    let Some(fastest) = points.iter().max_by(|one, other| rate(one).total_cmp(&rate(other))) else {
        return;
    };
    if rate(fastest) < WORTH_ASKING {
        return;
    }
    let Some(per_core) = measure(dataset, fastest.first_item) else { return };
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let makers = cores.saturating_sub(usize::from(fastest.engine.threads)).max(1) as f64;
    let most = per_core * makers;
    console.debug(&format!("the dataset makes about {most:.0} prompts a second here"));
    if rate(fastest) > most {
        console.notice(&format!(
            "the dataset makes about {most:.0} prompts a second here, and --rate {} asks for more: \
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
        Load::Closed { pace: None, .. } => 0.0,
    }
}

/// Items a second on this thread. A dataset that fails here fails again in the run, where its
/// failure is reported as what it is.
fn measure(dataset: &dyn DatasetFactory, first: u64) -> Option<f64> {
    let mut dataset = dataset.instance().ok()?;
    let first = u32::try_from(first).ok()?;
    let start = clock::now();
    let (mut made, mut spent) = (0_u32, 0);
    while spent < ENOUGH {
        // One at first: of long prompts a batch takes long.
        let items = dataset.generate(first.checked_add(made)?, made.clamp(1, BATCH)).ok()?;
        made += u32::try_from(items.len()).ok().filter(|count| *count > 0)?;
        spent = clock::now() - start;
    }
    Some(f64::from(made) * 1e9 / spent.max(1) as f64)
}

#[cfg(test)]
mod tests;
