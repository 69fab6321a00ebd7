//! The exports of one instance: found once a component, typed once an instance.

use crate::bindings::bulk;
use crate::state::State;
use wasmtime::Store;
use wasmtime::component::{Instance as Component, InstancePre};

/// The interface that one kind of plugin exports beside `plugin`.
pub(crate) trait Exports: 'static {
    type Indices: Send + Sync;
    type Guest: Send;

    fn find(pre: &InstancePre<State>) -> wasmtime::Result<Self::Indices>;
    fn load(
        indices: &Self::Indices,
        store: &mut Store<State>,
        instance: &Component,
    ) -> wasmtime::Result<Self::Guest>;
}

macro_rules! exports {
    ($name:ident, $interface:ident) => {
        pub(crate) struct $name;

        impl Exports for $name {
            type Indices = bulk::exports::loadwright::plugin::$interface::GuestIndices;
            type Guest = bulk::exports::loadwright::plugin::$interface::Guest;

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
        }
    };
}

exports!(ApiExports, api);
exports!(DatasetExports, dataset);

/// No further interface: enough to call `describe`.
pub(crate) struct NoExports;

impl Exports for NoExports {
    type Indices = ();
    type Guest = ();

    fn find(_: &InstancePre<State>) -> wasmtime::Result<()> {
        Ok(())
    }

    fn load((): &(), _: &mut Store<State>, _: &Component) -> wasmtime::Result<()> {
        Ok(())
    }
}
