//! What each WASI function returns.

use super::{InputStream, OutputStream, Pollable};
use crate::closed_wasi::WALL;
use crate::state::State;
use rand_chacha::rand_core::RngCore;
use std::time::Duration;
use wasmtime::StoreContextMut;
use wasmtime::component::types::{ComponentFunc, Type};
use wasmtime::component::{Resource, ResourceAny, Val};

/// Bytes that an output stream accepts at once.
const MAX_WRITE: u64 = 4096;

/// Error codes for a denied call, as the interfaces spell them.
const DENIED: [&str; 4] = ["access-denied", "access", "not-permitted", "not-supported"];

/// A call of a guest into WASI.
pub(super) struct Call<'a> {
    pub(super) interface: &'a str,
    pub(super) function: &'a str,
    pub(super) ty: &'a ComponentFunc,
}

impl Call<'_> {
    /// The result; an unused value if the function has none.
    pub(super) fn run(
        &self,
        store: &mut StoreContextMut<'_, State>,
        params: &[Val],
    ) -> wasmtime::Result<Val> {
        // Pollables are always ready: without a real clock there is nothing to wait for.
        let nothing = Val::Bool(true);
        Ok(match (self.interface, self.function) {
            ("wasi:cli/exit", _) => wasmtime::bail!("it called exit"),
            (_, "get-stdin") => handle::<InputStream>(store)?,
            (_, "get-stdout" | "get-stderr") => handle::<OutputStream>(store)?,
            ("wasi:clocks/monotonic-clock", "now") => {
                let wasi = &mut store.data_mut().wasi;
                wasi.readings += 1;
                Val::U64(wasi.readings * 1000)
            }
            ("wasi:clocks/monotonic-clock", "resolution") => Val::U64(1000),
            ("wasi:clocks/wall-clock", "now") => wall(store.data_mut())?,
            ("wasi:clocks/wall-clock", "resolution") => datetime(1, 0),
            (_, "subscribe-instant" | "subscribe-duration") => handle::<Pollable>(store)?,
            (_, method) if method.ends_with(".subscribe") => handle::<Pollable>(store)?,
            (_, "[method]pollable.ready" | "[method]pollable.block") => nothing,
            ("wasi:io/poll", "poll") => ready(params),
            ("wasi:random/insecure-seed", _) => Val::Tuple(vec![draw(store), draw(store)]),
            (_, "get-random-u64" | "get-insecure-random-u64") => draw(store),
            (_, "get-random-bytes" | "get-insecure-random-bytes") => draw_bytes(store, params)?,
            (_, "[method]output-stream.check-write") => ok(Some(Val::U64(MAX_WRITE))),
            (
                _,
                "[method]output-stream.write" | "[method]output-stream.blocking-write-and-flush",
            ) => {
                write(store, params)?;
                ok(None)
            }
            (_, "[method]output-stream.flush" | "[method]output-stream.blocking-flush") => ok(None),
            (_, method) if method.starts_with("[method]input-stream.") => {
                failed(Some(Val::Variant("closed".into(), None)))
            }
            _ => return self.denied(),
        })
    }

    /// Denies the call, as its result type allows: an error, or an empty value.
    fn denied(&self) -> wasmtime::Result<Val> {
        Ok(match self.ty.results().next() {
            Some(Type::List(_)) => Val::List(Vec::new()),
            Some(Type::Option(_)) => Val::Option(None),
            Some(Type::Bool) => Val::Bool(false),
            Some(Type::Result(result)) => failed(result.err().map(|error| match error {
                Type::Enum(codes) => {
                    let denied =
                        DENIED.iter().copied().find(|code| codes.names().any(|c| c == *code));
                    Val::Enum(denied.or(codes.names().next()).unwrap_or_default().into())
                }
                _ => Val::Variant("closed".into(), None),
            })),
            _ => wasmtime::bail!(
                "it called {} of {}, but plugins have no files, sockets or environment",
                self.function,
                self.interface
            ),
        })
    }
}

/// Drops the handles among `params`, lists of handles included.
pub(super) fn drop_handles(
    store: &mut StoreContextMut<'_, State>,
    params: &[Val],
) -> wasmtime::Result<()> {
    for param in params {
        match param {
            Val::Resource(handle) => handle.resource_drop(&mut *store)?,
            Val::List(list) if matches!(list.first(), Some(Val::Resource(_))) => {
                drop_handles(store, list)?;
            }
            _ => {}
        }
    }
    Ok(())
}

fn handle<T: 'static>(store: &mut StoreContextMut<'_, State>) -> wasmtime::Result<Val> {
    let handle = ResourceAny::try_from_resource(Resource::<T>::new_own(0), store)?;
    Ok(Val::Resource(handle))
}

/// The time of day for exporters, the same moment for all others.
fn wall(state: &mut State) -> wasmtime::Result<Val> {
    let now = state.time_of_day()?.map(|now| Duration::try_from_secs_f64(now).unwrap_or_default());
    Ok(now.map_or(datetime(WALL, 0), |now| datetime(now.as_secs(), now.subsec_nanos())))
}

fn datetime(seconds: u64, nanoseconds: u32) -> Val {
    Val::Record(vec![
        ("seconds".into(), Val::U64(seconds)),
        ("nanoseconds".into(), Val::U32(nanoseconds)),
    ])
}

fn ready(params: &[Val]) -> Val {
    let count = match params {
        [Val::List(pollables)] => pollables.len(),
        _ => 0,
    };
    Val::List((0u32..).take(count).map(Val::U32).collect())
}

fn draw(store: &mut StoreContextMut<'_, State>) -> Val {
    Val::U64(store.data_mut().wasi.random.next_u64())
}

fn draw_bytes(store: &mut StoreContextMut<'_, State>, params: &[Val]) -> wasmtime::Result<Val> {
    let [Val::U64(count)] = params else { wasmtime::bail!("random bytes need a count") };
    let state = store.data_mut();
    // Each byte takes a value of 32 bytes in transit.
    wasmtime::ensure!(
        *count <= state.limits.memory / 32,
        "it requested {count} random bytes at once, more than a plugin may"
    );
    let mut bytes = vec![0; usize::try_from(*count)?];
    state.wasi.random.fill_bytes(&mut bytes);
    Ok(Val::List(bytes.into_iter().map(Val::U8).collect()))
}

fn write(store: &mut StoreContextMut<'_, State>, params: &[Val]) -> wasmtime::Result<()> {
    let Some(Val::List(values)) = params.get(1) else { return Ok(()) };
    let byte = |value: &Val| if let Val::U8(byte) = value { Some(*byte) } else { None };
    let bytes: Vec<u8> = values.iter().filter_map(byte).collect();
    store.data_mut().for_guest(|state| state.output.bytes(&bytes))
}

fn ok(value: Option<Val>) -> Val {
    Val::Result(Ok(value.map(Box::new)))
}

fn failed(error: Option<Val>) -> Val {
    Val::Result(Err(error.map(Box::new)))
}
