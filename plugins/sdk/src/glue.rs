//! What the macros export: from the contract's functions to the traits. A component is configured
//! once and called by one thread.

use crate::bindings::{api, conventions, dataset, exporter, index, plugin};
use crate::{
    Ack, Api, Conventions, Conversation, Dataset, DatasetProperties, EndReason, Exchange, Exporter,
    Fault, Indexed, Point, PromptRequest, ReadingPlan, Record, Reply, Request, Row, Run, Shapes,
    Summary,
};
use std::cell::{OnceCell, RefCell};
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

/// The exports of an exporter.
#[derive(Debug)]
pub struct ExporterComponent<E>(PhantomData<E>);

/// The exports of a conventions plugin.
#[derive(Debug)]
pub struct ConventionsComponent<C>(PhantomData<C>);

thread_local! {
    static EXPORTER: RefCell<Option<Box<dyn Exporter>>> = const { RefCell::new(None) };
    static CONVENTIONS: OnceCell<Box<dyn Conventions>> = const { OnceCell::new() };
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

/// Calls the configured exporter.
fn export(call: impl FnOnce(&mut dyn Exporter) -> Result<Ack, Fault>) -> Result<Ack, Fault> {
    EXPORTER.with_borrow_mut(|plugin| match plugin {
        Some(plugin) => call(plugin.as_mut()),
        None => Err(Fault::Fatal(NOT_CONFIGURED.into())),
    })
}

impl<E: Exporter + Described> plugin::exports::loadwright::plugin::plugin::Guest
    for ExporterComponent<E>
{
    fn describe() -> String {
        E::MANIFEST.into()
    }

    fn configure(settings: String) -> Result<(), Fault> {
        report_panics();
        let new = E::configure(&settings)?;
        EXPORTER.with_borrow_mut(|plugin| match plugin {
            Some(_) => Err(Fault::Fatal(CONFIGURED.into())),
            None => {
                *plugin = Some(Box::new(new));
                Ok(())
            }
        })
    }
}

impl<E: Exporter + Described> exporter::exports::loadwright::plugin::exporter::Guest
    for ExporterComponent<E>
{
    fn begin(run: Run) -> Result<Ack, Fault> {
        export(|plugin| plugin.begin(run))
    }

    fn begin_point(point: Point) -> Result<Ack, Fault> {
        export(|plugin| plugin.begin_point(point))
    }

    fn progress(point: u32, rows: Vec<Row>) -> Result<Ack, Fault> {
        export(|plugin| plugin.progress(point, rows))
    }

    fn requests(point: u32, requests: Vec<Record>) -> Result<Ack, Fault> {
        export(|plugin| plugin.requests(point, requests))
    }

    fn end_point(point: u32, summary: Summary) -> Result<Ack, Fault> {
        export(|plugin| plugin.end_point(point, summary))
    }

    fn end(end_reason: EndReason) -> Result<Ack, Fault> {
        export(|plugin| plugin.end(end_reason))
    }
}

impl<C: Conventions + Described> plugin::exports::loadwright::plugin::plugin::Guest
    for ConventionsComponent<C>
{
    fn describe() -> String {
        C::MANIFEST.into()
    }

    fn configure(settings: String) -> Result<(), Fault> {
        report_panics();
        let plugin = Box::new(C::configure(&settings)?);
        CONVENTIONS.with(|cell| set(cell, plugin))
    }
}

impl<C: Conventions + Described> conventions::exports::loadwright::plugin::conventions::Guest
    for ConventionsComponent<C>
{
    fn telemetry() -> Result<Shapes, Fault> {
        CONVENTIONS.with(|cell| get(cell)?.telemetry())
    }
}
