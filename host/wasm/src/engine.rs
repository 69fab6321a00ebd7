//! The wasmtime engine: how guests are compiled, and the epoch that limits their time.
//!
//! Synchronous calls on plain threads only: with concurrency support a small call costs several
//! times as much, and no call of the contract waits.

use crate::process_limits;
use loadwright_timing::thread::spawn;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use wasmtime::{Config, Engine, EngineWeak, WasmBacktraceDetails};

/// How often the epoch advances: the resolution of every time limit.
pub(crate) const TICK: Duration = Duration::from_millis(10);

/// An engine, and the ticker that advances its epoch.
///
/// # Errors
/// This machine cannot run compiled WebAssembly, or the ticker's thread cannot be created.
pub(crate) fn start() -> wasmtime::Result<(Engine, Arc<EpochTicker>)> {
    let mut config = Config::new();
    config
        .concurrency_support(false)
        .epoch_interruption(true)
        // The same answers on every machine.
        .relaxed_simd_deterministic(true)
        .cranelift_nan_canonicalization(true)
        .wasm_backtrace_details(WasmBacktraceDetails::Enable);
    process_limits::apply(&mut config);
    let engine = Engine::new(&config)?;
    let epoch = EpochTicker::start(engine.weak())?;
    Ok((engine, Arc::new(epoch)))
}

/// Advances an engine's epoch while guests run. Between calls its thread sleeps: waking every tick
/// would cost CPU time in every run.
pub(crate) struct EpochTicker(Arc<Shared>);

struct Shared {
    calls: Mutex<Calls>,
    /// Wakes the ticker's thread.
    changed: Condvar,
}

#[derive(Default)]
struct Calls {
    running: u32,
    /// The ticker's thread waits for a call.
    asleep: bool,
    /// The ticker's thread must end.
    stopping: bool,
}

/// A call in progress; dropping it ends the call.
#[must_use]
pub(crate) struct Running(Arc<Shared>);

impl EpochTicker {
    fn start(engine: EngineWeak) -> wasmtime::Result<Self> {
        let shared = Arc::new(Shared { calls: Mutex::default(), changed: Condvar::new() });
        let epoch = Self(Arc::clone(&shared));
        spawn("plugin-epoch", move || {
            while shared.wait_for_call() {
                // A weak handle: the thread must not keep the engine and its mappings alive.
                let Some(engine) = engine.upgrade() else { break };
                engine.increment_epoch();
                drop(engine);
                std::thread::sleep(TICK);
            }
        })?;
        Ok(epoch)
    }

    /// Keeps the epoch advancing until the result is dropped.
    pub(crate) fn run(&self) -> Running {
        let mut calls = self.0.lock();
        calls.running += 1;
        if calls.asleep {
            self.0.changed.notify_one();
        }
        Running(Arc::clone(&self.0))
    }
}

impl Drop for EpochTicker {
    fn drop(&mut self) {
        self.0.lock().stopping = true;
        self.0.changed.notify_one();
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.0.lock().running -= 1;
    }
}

impl Shared {
    /// Waits until a call runs; false once there will be no more.
    fn wait_for_call(&self) -> bool {
        let mut calls = self.lock();
        while calls.running == 0 && !calls.stopping {
            calls.asleep = true;
            calls = self.changed.wait(calls).unwrap_or_else(PoisonError::into_inner);
        }
        calls.asleep = false;
        !calls.stopping
    }

    fn lock(&self) -> MutexGuard<'_, Calls> {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Ticks that cover `time`, plus one: the current tick may be about to end.
pub(crate) fn ticks(time: Duration) -> u64 {
    let whole = time.as_nanos().div_ceil(TICK.as_nanos());
    u64::try_from(whole).unwrap_or(u64::MAX / 2).saturating_add(1)
}

#[cfg(test)]
mod tests;
