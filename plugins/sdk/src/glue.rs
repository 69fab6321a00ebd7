//! What the macros export: from the contract's functions to the traits. A component is configured
//! once and called by one thread.

use crate::bindings::{api, dataset, index, plugin};
use crate::{
    Api, Conversation, Dataset, DatasetProperties, Exchange, Fault, Indexed, PromptRequest,
    ReadingPlan, Reply, Request,
};
use std::cell::OnceCell;
use std::marker::PhantomData;

/// A plugin's manifest.
pub trait Described {
    /// As JSON.
    const MANIFEST: &'static str;
}

/// The exports of an API plugin.
#[derive(Debug)]
pub struct ApiComponent<A>(PhantomData<A>);

/// The exports of a dataset plugin.
#[derive(Debug)]
pub struct DatasetComponent<D>(PhantomData<D>);

/// The exports of a dataset plugin with an index.
#[derive(Debug)]
pub struct IndexedComponent<D>(PhantomData<D>);

thread_local! {
    static API: OnceCell<Box<dyn Api>> = const { OnceCell::new() };
    static DATASET: OnceCell<Box<dyn Dataset>> = const { OnceCell::new() };
    static INDEXED: OnceCell<Box<dyn Indexed>> = const { OnceCell::new() };
}

const CONFIGURED: &str = "the plugin is configured already: a new instance takes other settings";
const NOT_CONFIGURED: &str = "the plugin is not configured yet: call configure first";

/// Without it a panic on wasm32-unknown-unknown is a trap without a message.
fn report_panics() {
    if cfg!(target_family = "wasm") {
        std::panic::set_hook(Box::new(|panic| crate::host::error(&panic.to_string())));
    }
}

fn set<T: ?Sized>(cell: &OnceCell<Box<T>>, plugin: Box<T>) -> Result<(), Fault> {
    cell.set(plugin).map_err(|_| Fault::Fatal(CONFIGURED.into()))
}

fn get<T: ?Sized>(cell: &OnceCell<Box<T>>) -> Result<&T, Fault> {
    cell.get().map(Box::as_ref).ok_or_else(|| Fault::Fatal(NOT_CONFIGURED.into()))
}

impl<A: Api + Described> plugin::exports::loadwright::plugin::plugin::Guest for ApiComponent<A> {
    fn describe() -> String {
        A::MANIFEST.into()
    }

    fn configure(settings: String) -> Result<(), Fault> {
        report_panics();
        let plugin = Box::new(A::configure(&settings)?);
        API.with(|cell| set(cell, plugin))
    }
}

impl<A: Api + Described> api::exports::loadwright::plugin::api::Guest for ApiComponent<A> {
    fn plan() -> Option<ReadingPlan> {
        API.with(|cell| get(cell).ok().and_then(|plugin| plugin.plan()))
    }

    fn format(requests: Vec<PromptRequest>) -> Vec<Result<Request, Fault>> {
        let one = |request| API.with(|cell| get(cell)?.format(request));
        requests.into_iter().map(one).collect()
    }

    fn decode(exchanges: Vec<Exchange>) -> Vec<Result<Reply, Fault>> {
        let one = |exchange| API.with(|cell| get(cell)?.decode(exchange));
        exchanges.into_iter().map(one).collect()
    }
}

impl<D: Dataset + Described> plugin::exports::loadwright::plugin::plugin::Guest
    for DatasetComponent<D>
{
    fn describe() -> String {
        D::MANIFEST.into()
    }

    fn configure(settings: String) -> Result<(), Fault> {
        report_panics();
        let plugin = Box::new(D::configure(&settings)?);
        DATASET.with(|cell| set(cell, plugin))
    }
}

impl<D: Dataset + Described> dataset::exports::loadwright::plugin::dataset::Guest
    for DatasetComponent<D>
{
    fn properties() -> Result<DatasetProperties, Fault> {
        DATASET.with(|cell| get(cell)?.properties())
    }

    fn generate(first: u32, count: u32) -> Result<Vec<Result<Conversation, Fault>>, Fault> {
        DATASET.with(|cell| get(cell)?.generate(first, count))
    }
}

impl<D: Indexed + Described> plugin::exports::loadwright::plugin::plugin::Guest
    for IndexedComponent<D>
{
    fn describe() -> String {
        D::MANIFEST.into()
    }

    fn configure(settings: String) -> Result<(), Fault> {
        report_panics();
        let plugin = Box::new(D::configure(&settings)?);
        INDEXED.with(|cell| set(cell, plugin))
    }
}

impl<D: Indexed + Described> dataset::exports::loadwright::plugin::dataset::Guest
    for IndexedComponent<D>
{
    fn properties() -> Result<DatasetProperties, Fault> {
        INDEXED.with(|cell| get(cell)?.properties())
    }

    fn generate(first: u32, count: u32) -> Result<Vec<Result<Conversation, Fault>>, Fault> {
        INDEXED.with(|cell| get(cell)?.generate(first, count))
    }
}

impl<D: Indexed + Described> index::exports::loadwright::plugin::dataset_index::Guest
    for IndexedComponent<D>
{
    fn build() -> Result<Vec<u8>, Fault> {
        INDEXED.with(|cell| get(cell)?.build())
    }

    fn load(index: Vec<u8>) -> Result<(), Fault> {
        INDEXED.with(|cell| get(cell)?.load(index))
    }
}
