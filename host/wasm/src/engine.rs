//! The wasmtime engine: how guests are compiled and how their time is counted.
//!
//! Synchronous calls on plain threads only: with concurrency support a small call costs several
//! times as much, and nothing in the contract waits.

use std::time::Duration;
use wasmtime::{Config, Engine, WasmBacktraceDetails};

/// How often the epoch advances: the grain of every time limit.
pub(crate) const TICK: Duration = Duration::from_millis(10);

/// An engine, with a thread that advances its epoch for as long as the engine lives.
///
/// # Errors
/// This machine cannot run compiled WebAssembly, or no thread can be had.
pub(crate) fn start() -> wasmtime::Result<Engine> {
    let mut config = Config::new();
    config
        .concurrency_support(false)
        .epoch_interruption(true)
        .wasm_backtrace_details(WasmBacktraceDetails::Enable);
    let engine = Engine::new(&config)?;
    // A weak handle: the thread must not keep the engine, and everything it mapped, alive.
    let weak = engine.weak();
    std::thread::Builder::new().name("plugin-epoch".into()).spawn(move || {
        while let Some(engine) = weak.upgrade() {
            engine.increment_epoch();
            drop(engine);
            std::thread::sleep(TICK);
        }
    })?;
    Ok(engine)
}

/// Ticks that cover `time`, and one more, since the first may be about to pass.
pub(crate) fn ticks(time: Duration) -> u64 {
    let whole = time.as_nanos().div_ceil(TICK.as_nanos());
    u64::try_from(whole).unwrap_or(u64::MAX / 2).saturating_add(1)
}
