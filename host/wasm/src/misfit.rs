//! Finds the function of an instance whose type is not that of the contract: the error of typing a
//! whole interface does not name it.

use crate::bindings::bulk::exports::loadwright::plugin::api::{
    Exchange, PromptRequest, ReadingPlan, Reply, Request,
};
use crate::bindings::bulk::exports::loadwright::plugin::dataset::{
    Conversation, DatasetProperties,
};
use crate::bindings::bulk::loadwright::plugin::types::Fault;
use crate::bindings::conventions::exports::loadwright::plugin::conventions::Shapes;
use crate::bindings::conventions::loadwright::plugin::types::Fault as ConventionsFault;
use crate::bindings::export::exports::loadwright::plugin::exporter as export;
use crate::bindings::export::loadwright::plugin::types::Fault as ExportFault;
use crate::state::State;
use wasmtime::Store;
use wasmtime::component::{ComponentNamedList, Instance, Lift, Lower};

type Results<T> = (Vec<Result<T, Fault>>,);

/// The function of an API plugin.
pub(crate) fn api(store: &mut Store<State>, instance: &Instance) -> Option<&'static str> {
    let mut api = Interface { store, instance, name: "loadwright:plugin/api@0.1.0" };
    api.misfit::<(), (Option<ReadingPlan>,)>("plan")
        .or_else(|| api.misfit::<(&[PromptRequest<'_>],), Results<Request>>("format"))
        .or_else(|| api.misfit::<(&[Exchange<'_>],), Results<Reply>>("decode"))
}

/// The function of a dataset.
pub(crate) fn dataset(store: &mut Store<State>, instance: &Instance) -> Option<&'static str> {
    type Items = (Result<Vec<Result<Conversation, Fault>>, Fault>,);
    let mut dataset = Interface { store, instance, name: "loadwright:plugin/dataset@0.1.0" };
    dataset
        .misfit::<(), (Result<DatasetProperties, Fault>,)>("properties")
        .or_else(|| dataset.misfit::<(u32, u32), Items>("generate"))
}

/// The function of an exporter.
pub(crate) fn exporter(store: &mut Store<State>, instance: &Instance) -> Option<&'static str> {
    type Answer = (Result<export::Ack, ExportFault>,);
    let mut it = Interface { store, instance, name: "loadwright:plugin/exporter@0.1.0" };
    it.misfit::<(export::Run,), Answer>("begin")
        .or_else(|| it.misfit::<(export::Point,), Answer>("begin-point"))
        .or_else(|| it.misfit::<(u32, &[export::Row]), Answer>("progress"))
        .or_else(|| it.misfit::<(u32, &[export::Request]), Answer>("requests"))
        .or_else(|| it.misfit::<(u32, export::Summary), Answer>("end-point"))
        .or_else(|| it.misfit::<(export::EndReason,), Answer>("end"))
}

/// The function of a conventions plugin.
pub(crate) fn conventions(store: &mut Store<State>, instance: &Instance) -> Option<&'static str> {
    let mut it = Interface { store, instance, name: "loadwright:plugin/conventions@0.1.0" };
    it.misfit::<(), (Result<Shapes, ConventionsFault>,)>("telemetry")
}

/// One interface of an instance.
struct Interface<'a> {
    store: &'a mut Store<State>,
    instance: &'a Instance,
    name: &'static str,
}

impl Interface<'_> {
    /// `function`, if it is there and of another type.
    fn misfit<P, R>(&mut self, function: &'static str) -> Option<&'static str>
    where
        P: ComponentNamedList + Lower,
        R: ComponentNamedList + Lift,
    {
        let Self { store, instance, name } = self;
        let interface = instance.get_export_index(&mut **store, None, name)?;
        let index = instance.get_export_index(&mut **store, Some(&interface), function)?;
        let typed = instance.get_typed_func::<P, R>(&mut **store, index);
        typed.is_err().then_some(function)
    }
}
