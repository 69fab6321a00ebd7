//! The exports of one instance: found once a component, typed once an instance.

use crate::bindings::bulk;
use crate::dataset_index;
use crate::instance::{InstanceFactory, Live};
use crate::misfit;
use crate::state::State;
use loadwright_core::ports::PluginFailure;
use wasmtime::Store;
use wasmtime::component::{Instance as Component, InstancePre};

/// The interfaces that one kind of plugin exports beside `plugin`.
pub(crate) trait Exports: Sized + 'static {
    type Indices: Send + Sync;
    type Guest: Send;
    /// What the instances of a factory share.
    type Shared: Default + Send + Sync;

    fn find(pre: &InstancePre<State>) -> wasmtime::Result<Self::Indices>;
    fn load(
        indices: &Self::Indices,
        store: &mut Store<State>,
        instance: &Component,
    ) -> wasmtime::Result<Self::Guest>;

    /// The function that is not of the contract's type, where [`load`](Self::load) failed: its error
    /// does not name it.
    fn misfit(_: &mut Store<State>, _: &Component) -> Option<&'static str> {
        None
    }

    /// Makes a configured instance ready for its first call.
    fn prepare(_: &InstanceFactory<Self>, _: &mut Live<Self>) -> Result<(), PluginFailure> {
        Ok(())
    }
}

/// An API plugin.
pub(crate) struct ApiExports;

impl Exports for ApiExports {
    type Indices = bulk::exports::loadwright::plugin::api::GuestIndices;
    type Guest = bulk::exports::loadwright::plugin::api::Guest;
    type Shared = ();

    fn find(pre: &InstancePre<State>) -> wasmtime::Result<Self::Indices> {
        Self::Indices::new(pre)
    }

    fn load(
        indices: &Self::Indices,
        store: &mut Store<State>,
        instance: &Component,
    ) -> wasmtime::Result<Self::Guest> {
        indices.load(store, instance)
    }

    fn misfit(store: &mut Store<State>, instance: &Component) -> Option<&'static str> {
        misfit::api(store, instance)
    }
}

/// A dataset, with or without an index.
pub(crate) struct DatasetExports;

/// The exports of a dataset's component.
pub(crate) struct DatasetIndices {
    dataset: bulk::exports::loadwright::plugin::dataset::GuestIndices,
    index: Option<dataset_index::Indices>,
}

/// The exports of a dataset's instance.
pub(crate) struct DatasetGuest {
    pub(crate) dataset: bulk::exports::loadwright::plugin::dataset::Guest,
    pub(crate) index: Option<dataset_index::Guest>,
}

impl Exports for DatasetExports {
    type Indices = DatasetIndices;
    type Guest = DatasetGuest;
    type Shared = dataset_index::Built;

    fn find(pre: &InstancePre<State>) -> wasmtime::Result<Self::Indices> {
        let dataset = bulk::exports::loadwright::plugin::dataset::GuestIndices::new(pre)?;
        Ok(DatasetIndices { dataset, index: dataset_index::find(pre)? })
    }

    fn load(
        indices: &Self::Indices,
        store: &mut Store<State>,
        instance: &Component,
    ) -> wasmtime::Result<Self::Guest> {
        let dataset = indices.dataset.load(&mut *store, instance)?;
        let index = indices.index.as_ref().map(|index| index.load(store, instance)).transpose()?;
        Ok(DatasetGuest { dataset, index })
    }

    fn misfit(store: &mut Store<State>, instance: &Component) -> Option<&'static str> {
        misfit::dataset(store, instance)
    }

    fn prepare(
        factory: &InstanceFactory<Self>,
        live: &mut Live<Self>,
    ) -> Result<(), PluginFailure> {
        dataset_index::prepare(factory, live)
    }
}

/// No further interface: enough to call `describe`.
pub(crate) struct NoExports;

impl Exports for NoExports {
    type Indices = ();
    type Guest = ();
    type Shared = ();

    fn find(_: &InstancePre<State>) -> wasmtime::Result<()> {
        Ok(())
    }

    fn load((): &(), _: &mut Store<State>, _: &Component) -> wasmtime::Result<()> {
        Ok(())
    }
}
