//! Requests ahead of their slot: the dataset's items, formatted, with their media in place.
//!
//! Makers run on plain threads, each with instances of its own; none of them stands between a slot
//! and its request.

pub(crate) mod dataset_cursor;
pub(crate) mod request_builder;
mod token_ids;

use crate::context::Ports;
use crate::context::control::Control;
use crate::context::gauges::Gauges;
use crate::error::EngineError;
use crate::prepare::dataset_cursor::Items;
use crate::schedule::ready_queue::Dispenser;
use loadwright_core::plan::Plan;
use loadwright_core::ports::{Cause, DatasetFactory, PluginFailure, ProtocolFactory};
use request_builder::Former;

/// Items made and formatted in one go, at most.
const BATCH: u64 = 32;

/// Makes requests until the dispenser wants no more.
///
/// # Errors
/// A plugin could not be set up.
pub(crate) fn make(
    plan: &Plan,
    ports: &Ports,
    (items, dispenser, gauges): (&Items, &Dispenser, &Gauges),
    control: &Control,
) -> Result<(), EngineError> {
    match make_all(plan, ports, (items, dispenser, gauges), control) {
        // The user's wish is no failure.
        Err(EngineError::Plugin(failure)) if failure.cause == Cause::Stopped => Ok(()),
        made => made,
    }
}

fn make_all(
    plan: &Plan,
    ports: &Ports,
    (items, dispenser, gauges): (&Items, &Dispenser, &Gauges),
    control: &Control,
) -> Result<(), EngineError> {
    let mut dataset = ports.dataset.instance()?;
    let mut former = Former::new(plan, ports)?;
    while let Some((first, count)) = dispenser.claim(BATCH) {
        let start = loadwright_timing::clock::now();
        let range = (plan.first_item + first, count);
        let conversations = items.generate(dataset.as_mut(), range, control);
        Gauges::spent(&gauges.generate, start);
        if control.stop.draining() {
            // What was made meanwhile may have been given up, and nobody takes it.
            break;
        }
        let start = loadwright_timing::clock::now();
        let batch = former.batch(first, plan.first_item + first, conversations);
        Gauges::spent(&gauges.format, start);
        if !dispenser.put(first, batch) {
            break;
        }
    }
    Ok(())
}

/// A dataset's factory is asked for its size once; it is not known where the run was stopped before.
///
/// # Errors
/// The dataset failed.
pub(crate) fn size_of(dataset: &dyn DatasetFactory) -> Result<Option<u64>, PluginFailure> {
    match dataset.instance().and_then(|mut dataset| dataset.size()) {
        Err(failure) if failure.cause == Cause::Stopped => Ok(None),
        size => Ok(size?.map(u64::from)),
    }
}

/// Whether replies go to `decode`.
pub(crate) fn decodes(protocol: &dyn ProtocolFactory) -> bool {
    protocol.plan().is_none()
}
