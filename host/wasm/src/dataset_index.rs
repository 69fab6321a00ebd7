//! The optional export `dataset-index`: the first instance of a run builds the index, all others
//! load it, for every point of a sweep.

use crate::bindings::index::exports::loadwright::plugin::dataset_index;
use crate::call::Call;
use crate::exports::DatasetExports;
use crate::instance::{InstanceFactory, Live};
use crate::state::State;
use loadwright_core::ports::{Cause, PluginFailure};
use std::sync::{Arc, Mutex, PoisonError};
use wasmtime::component::InstancePre;

/// Finds the export in a component.
pub(crate) type Indices = dataset_index::GuestIndices;

/// The export of an instance.
pub(crate) type Guest = dataset_index::Guest;

/// The index, once it was built.
pub(crate) type Built = Mutex<Option<Arc<Vec<u8>>>>;

/// The interface, without its version.
const INTERFACE: &str = "loadwright:plugin/dataset-index@";

const BUILD: Call = Call::of("build").patient();
const LOAD: Call = Call::of("load").patient();

/// The export, if `pre` has it.
///
/// # Errors
/// It does not fit the contract.
pub(crate) fn find(pre: &InstancePre<State>) -> wasmtime::Result<Option<Indices>> {
    let ty = pre.component().component_type();
    let exported = ty.exports(pre.engine()).any(|(name, _)| name.starts_with(INTERFACE));
    exported.then(|| Indices::new(pre)).transpose()
}

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
