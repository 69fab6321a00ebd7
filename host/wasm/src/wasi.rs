//! A closed WASI 0.2, for guests whose toolchain imports it: JavaScript, Python, wasm32-wasip2.
//!
//! No environment, files or sockets; what is written to standard output or error goes to the log,
//! so that a guest's own traceback survives; the wall clock stands at the host's start, the
//! monotonic clock counts its readings, and random follows from the seed.
//!
//! The answers are untyped, unlike the contract's: they are few and cold, and this way they fit
//! every 0.2 version of the interfaces, whatever functions it has. What is not answered by name is
//! denied by the shape of its result.

mod answers;

use crate::state::State;
use answers::Call;
use wasmtime::Engine;
use wasmtime::component::types::ComponentItem;
use wasmtime::component::{Component, Linker, LinkerInstance, ResourceType};

struct InputStream;
struct OutputStream;
struct Pollable;
/// A resource of which there is never one: sockets, open files.
struct Nothing;

/// Puts into `linker` what `component` imports of WASI.
///
/// # Errors
/// The component imports something that WASI has not.
pub(crate) fn offer(
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
                let answer = call.answer(&mut store, params);
                // Handles given to the host are the host's to drop.
                answers::drop_handles(&mut store, params)?;
                if let Some(place) = results.first_mut() {
                    *place = answer?;
                } else {
                    answer?;
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
        _ => ResourceType::host::<Nothing>(),
    }
}
