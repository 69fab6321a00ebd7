//! A closed WASI 0.2, for guests whose toolchain imports it: JavaScript, Python, wasm32-wasip2.
//!
//! No environment, files or sockets; standard output and error go to the log, so that a guest's own
//! traceback is kept; the wall clock stands still except for exporters, the monotonic clock counts its
//! readings, and random numbers derive from the seed, the call and its first item.
//!
//! The functions are untyped, unlike the contract's: they are few and seldom called, and this way
//! they fit every 0.2 version of the interfaces. A function that is not implemented by name is
//! denied, in the form that its result type has for that.

mod functions;

use crate::state::State;
use functions::Call;
use wasmtime::Engine;
use wasmtime::component::types::ComponentItem;
use wasmtime::component::{Component, Linker, LinkerInstance, ResourceType};

struct InputStream;
struct OutputStream;
struct Pollable;
/// A resource that is never created: sockets, open files.
struct Unavailable;

/// Adds to `linker` the WASI interfaces that `component` imports.
///
/// # Errors
/// An interface was added before.
pub(crate) fn add_to_linker(
    linker: &mut Linker<State>,
    engine: &Engine,
    component: &Component,
) -> wasmtime::Result<()> {
    for (name, import) in component.component_type().imports(engine) {
        if !name.starts_with("wasi:") {
            continue;
        }
        let ComponentItem::ComponentInstance(instance) = import.ty else { continue };
        let interface = name.split('@').next().unwrap_or(name);
        let mut into = linker.instance(name)?;
        for (item, export) in instance.exports(engine) {
            define(&mut into, interface, item, &export.ty)?;
        }
    }
    Ok(())
}

fn define(
    into: &mut LinkerInstance<'_, State>,
    interface: &str,
    item: &str,
    ty: &ComponentItem,
) -> wasmtime::Result<()> {
    match ty {
        ComponentItem::Resource(_) => into.resource(item, resource(item), |_, _| Ok(())),
        ComponentItem::ComponentFunc(_) => {
            let (interface, item) = (interface.to_owned(), item.to_owned());
            into.func_new(&item.clone(), move |mut store, ty, params, results| {
                let call = Call { interface: &interface, function: &item, ty: &ty };
                let value = call.run(&mut store, params);
                // The host owns the handles passed to it.
                functions::drop_handles(&mut store, params)?;
                if let Some(result) = results.first_mut() {
                    *result = value?;
                } else {
                    value?;
                }
                Ok(())
            })
        }
        _ => Ok(()),
    }
}

/// A resource is the same in every interface that uses it.
fn resource(name: &str) -> ResourceType {
    match name {
        "input-stream" => ResourceType::host::<InputStream>(),
        "output-stream" => ResourceType::host::<OutputStream>(),
        "pollable" => ResourceType::host::<Pollable>(),
        _ => ResourceType::host::<Unavailable>(),
    }
}
