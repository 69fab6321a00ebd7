//! The exports of one instance: found once a component, typed once an instance.

use crate::bindings::index::exports::loadwright::plugin::dataset_index;
use crate::bindings::{bulk, conventions, export};
use crate::misfit;
use crate::state::State;
use std::sync::{Arc, Mutex};
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

/// The index of a dataset, once it was built.
pub(crate) type BuiltIndex = Mutex<Option<Arc<Vec<u8>>>>;

/// The optional interface of an index, without its version.
const INDEX: &str = "loadwright:plugin/dataset-index@";

/// The export of an index, if `pre` has it.
fn index(pre: &InstancePre<State>) -> wasmtime::Result<Option<dataset_index::GuestIndices>> {
    let ty = pre.component().component_type();
    let exported = ty.exports(pre.engine()).any(|(name, _)| name.starts_with(INDEX));
    exported.then(|| dataset_index::GuestIndices::new(pre)).transpose()
}

/// The exports of a dataset's component.
pub(crate) struct DatasetIndices {
    dataset: bulk::exports::loadwright::plugin::dataset::GuestIndices,
    index: Option<dataset_index::GuestIndices>,
}

/// The exports of a dataset's instance.
pub(crate) struct DatasetGuest {
    pub(crate) dataset: bulk::exports::loadwright::plugin::dataset::Guest,
    pub(crate) index: Option<dataset_index::Guest>,
}

impl Exports for DatasetExports {
    type Indices = DatasetIndices;
    type Guest = DatasetGuest;
    type Shared = BuiltIndex;

    fn find(pre: &InstancePre<State>) -> wasmtime::Result<Self::Indices> {
        let dataset = bulk::exports::loadwright::plugin::dataset::GuestIndices::new(pre)?;
        Ok(DatasetIndices { dataset, index: index(pre)? })
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
}

/// An exporter.
pub(crate) struct ExporterExports;

impl Exports for ExporterExports {
    type Indices = export::exports::loadwright::plugin::exporter::GuestIndices;
    type Guest = export::exports::loadwright::plugin::exporter::Guest;
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
        misfit::exporter(store, instance)
    }
}

/// A conventions plugin.
pub(crate) struct ConventionsExports;

impl Exports for ConventionsExports {
    type Indices = conventions::exports::loadwright::plugin::conventions::GuestIndices;
    type Guest = conventions::exports::loadwright::plugin::conventions::Guest;
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
        misfit::conventions(store, instance)
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
