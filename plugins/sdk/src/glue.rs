//! What the macros export: from the contract's functions to the two traits. A component is
//! configured once and called by one thread.

use crate::bindings::{dataset as d, protocol as p};
use crate::{Ask, Conversation, Dataset, Exchange, Fault, Protocol, ReadingPlan, Reply, Request};
use std::cell::OnceCell;
use std::marker::PhantomData;

/// A plugin's manifest.
pub trait Described {
    /// As JSON.
    const MANIFEST: &'static str;
}

/// The exports of a protocol plugin.
#[derive(Debug)]
pub struct ProtocolComponent<P>(PhantomData<P>);

/// The exports of a dataset plugin.
#[derive(Debug)]
pub struct DatasetComponent<D>(PhantomData<D>);

thread_local! {
    static PROTOCOL: OnceCell<Box<dyn Protocol>> = const { OnceCell::new() };
    static DATASET: OnceCell<Box<dyn Dataset>> = const { OnceCell::new() };
}

const CONFIGURED: &str = "the plugin is configured already: a new instance takes other settings";
const NOT_CONFIGURED: &str = "the plugin is not configured yet: call configure first";

/// Without it a panic on wasm32-unknown-unknown is a trap that says nothing.
fn report_panics() {
    if cfg!(target_family = "wasm") {
        std::panic::set_hook(Box::new(|panic| crate::host::error(&panic.to_string())));
    }
}

impl<P: Protocol + Described> p::exports::loadwright::plugin::plugin::Guest
    for ProtocolComponent<P>
{
    fn describe() -> String {
        P::MANIFEST.into()
    }

    fn configure(settings: String) -> Result<(), Fault> {
        report_panics();
        let plugin = Box::new(P::configure(&settings)?);
        PROTOCOL
            .with(|cell| cell.set(plugin as Box<dyn Protocol>))
            .map_err(|_| Fault::Fatal(CONFIGURED.into()))
    }
}

impl<P: Protocol + Described> p::exports::loadwright::plugin::protocol::Guest
    for ProtocolComponent<P>
{
    fn plan() -> Option<ReadingPlan> {
        PROTOCOL.with(|cell| cell.get().and_then(|plugin| plugin.plan()))
    }

    fn format(asks: Vec<Ask>) -> Vec<Result<Request, Fault>> {
        PROTOCOL.with(|cell| each(cell, asks, |plugin, ask| plugin.format(ask)))
    }

    fn decode(exchanges: Vec<Exchange>) -> Vec<Result<Reply, Fault>> {
        PROTOCOL.with(|cell| each(cell, exchanges, |plugin, exchange| plugin.decode(exchange)))
    }
}

fn each<T, R>(
    cell: &OnceCell<Box<dyn Protocol>>,
    items: Vec<T>,
    call: impl Fn(&dyn Protocol, T) -> Result<R, Fault>,
) -> Vec<Result<R, Fault>> {
    let Some(plugin) = cell.get() else {
        return items.iter().map(|_| Err(Fault::Fatal(NOT_CONFIGURED.into()))).collect();
    };
    items.into_iter().map(|item| call(plugin.as_ref(), item)).collect()
}

impl<D: Dataset + Described> d::exports::loadwright::plugin::plugin::Guest for DatasetComponent<D> {
    fn describe() -> String {
        D::MANIFEST.into()
    }

    fn configure(settings: String) -> Result<(), Fault> {
        report_panics();
        let plugin = Box::new(D::configure(&settings)?);
        DATASET
            .with(|cell| cell.set(plugin as Box<dyn Dataset>))
            .map_err(|_| Fault::Fatal(CONFIGURED.into()))
    }
}

impl<D: Dataset + Described> d::exports::loadwright::plugin::dataset::Guest
    for DatasetComponent<D>
{
    fn size() -> Result<Option<u32>, Fault> {
        DATASET.with(|cell| configured(cell)?.size())
    }

    fn generate(first: u32, count: u32) -> Result<Vec<Conversation>, Fault> {
        DATASET.with(|cell| configured(cell)?.generate(first, count))
    }
}

fn configured(cell: &OnceCell<Box<dyn Dataset>>) -> Result<&dyn Dataset, Fault> {
    cell.get().map(Box::as_ref).ok_or_else(|| Fault::Fatal(NOT_CONFIGURED.into()))
}
