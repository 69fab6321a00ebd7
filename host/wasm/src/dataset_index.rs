//! The optional export `dataset-index`: the first instance of a run builds the index, all others
//! load it, for every point of a sweep.

use crate::call::Call;
use crate::exports::DatasetExports;
use crate::instance::{InstanceFactory, Live};
use loadwright_core::ports::{Cause, PluginFailure};
use std::sync::{Arc, PoisonError};

const BUILD: Call = Call::of("build").patient();
const LOAD: Call = Call::of("load").patient();

/// Builds the index if no instance did, or loads it. Further instances wait for the one that builds.
///
/// # Errors
/// The plugin failed.
pub(crate) fn prepare(
    factory: &InstanceFactory<DatasetExports>,
    live: &mut Live<DatasetExports>,
) -> Result<(), PluginFailure> {
    if live.guest.index.is_none() {
        return Ok(());
    }
    let mut built = factory.shared.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(index) = built.clone() {
        drop(built);
        return load(factory, live, &index);
    }
    let _running = live.arm(BUILD);
    let Live { guest, store, .. } = &mut *live;
    let Some(guest) = &guest.index else { return Ok(()) };
    match guest.call_build(&mut *store) {
        Ok(Ok(index)) => {
            *built = Some(Arc::new(index));
            Ok(())
        }
        Ok(Err(fault)) => Err(factory.failure(BUILD, Cause::Fault(fault.into()))),
        Err(error) => Err(factory.lost(BUILD, &error, store)),
    }
}

fn load(
    factory: &InstanceFactory<DatasetExports>,
    live: &mut Live<DatasetExports>,
    index: &[u8],
) -> Result<(), PluginFailure> {
    let _running = live.arm(LOAD);
    let Live { guest, store, .. } = &mut *live;
    let Some(guest) = &guest.index else { return Ok(()) };
    match guest.call_load(&mut *store, index) {
        Ok(Ok(())) => Ok(()),
        Ok(Err(fault)) => Err(factory.failure(LOAD, Cause::Fault(fault.into()))),
        Err(error) => Err(factory.lost(LOAD, &error, store)),
    }
}
