//! The wasmtime engine: how guests are compiled and how their time is counted.
//!
//! Synchronous calls on plain threads only: with concurrency support a small call costs several
//! times as much, and nothing in the contract waits.

use crate::limits;
use loadwright_timing::thread::spawn;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use wasmtime::{Config, Engine, EngineWeak, WasmBacktraceDetails};

/// How often the epoch advances: the grain of every time limit.
pub(crate) const TICK: Duration = Duration::from_millis(10);

/// An engine, and what advances its epoch.
///
/// # Errors
/// This machine cannot run compiled WebAssembly, or no thread can be had.
pub(crate) fn start() -> wasmtime::Result<(Engine, Arc<Epoch>)> {
    let mut config = Config::new();
    config
        .concurrency_support(false)
        .epoch_interruption(true)
        .wasm_backtrace_details(WasmBacktraceDetails::Enable);
    limits::apply(&mut config);
    let engine = Engine::new(&config)?;
    let epoch = Epoch::start(engine.weak())?;
    Ok((engine, Arc::new(epoch)))
}

/// Advances an engine's epoch while guests run. Between calls its thread sleeps: a thread that woke
/// every tick would take its share of the CPU time of every run.
pub(crate) struct Epoch(Arc<Watched>);

struct Watched {
    calls: Mutex<Calls>,
    /// Wakes the thread.
    news: Condvar,
}

#[derive(Default)]
struct Calls {
    running: u32,
    /// The thread waits for a call.
    asleep: bool,
    /// The thread is to end.
    over: bool,
}

/// A call that runs until this is dropped.
#[must_use]
pub(crate) struct Running(Arc<Watched>);

impl Epoch {
    fn start(engine: EngineWeak) -> wasmtime::Result<Self> {
        let watched = Arc::new(Watched { calls: Mutex::default(), news: Condvar::new() });
        let epoch = Self(Arc::clone(&watched));
        spawn("plugin-epoch", move || {
            while watched.wait_for_a_call() {
                // A weak handle: the thread must not keep the engine, and everything it mapped,
                // alive.
                let Some(engine) = engine.upgrade() else { break };
                engine.increment_epoch();
                drop(engine);
                std::thread::sleep(TICK);
            }
        })?;
        Ok(epoch)
    }

    /// Has the epoch advance while a call runs.
    pub(crate) fn run(&self) -> Running {
        let mut calls = self.0.lock();
        calls.running += 1;
        if calls.asleep {
            self.0.news.notify_one();
        }
        Running(Arc::clone(&self.0))
    }
}

impl Drop for Epoch {
    fn drop(&mut self) {
        self.0.lock().over = true;
        self.0.news.notify_one();
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.0.lock().running -= 1;
    }
}

impl Watched {
    /// Returns once a call runs; false: no more will.
    fn wait_for_a_call(&self) -> bool {
        let mut calls = self.lock();
        while calls.running == 0 && !calls.over {
            calls.asleep = true;
            calls = self.news.wait(calls).unwrap_or_else(PoisonError::into_inner);
        }
        calls.asleep = false;
        !calls.over
    }

    fn lock(&self) -> MutexGuard<'_, Calls> {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Ticks that cover `time`, and one more, since the first may be about to pass.
pub(crate) fn ticks(time: Duration) -> u64 {
    let whole = time.as_nanos().div_ceil(TICK.as_nanos());
    u64::try_from(whole).unwrap_or(u64::MAX / 2).saturating_add(1)
}
