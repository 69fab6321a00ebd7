//! What a store carries beside the guest: its limits, its console and what the host offers it.

use crate::clock;
use crate::closed_wasi::ClosedWasi;
use crate::console::Console;
use crate::engine::{Epoch, ticks};
use crate::files::FileSet;
use loadwright_core::ports::Tokenizer;
use loadwright_core::stop::StopFlag;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::{Duration, Instant};
use wasmtime::{ResourceLimiter, StoreContextMut, StoreLimits, StoreLimitsBuilder, UpdateDeadline};

/// Tables and instances a component may have: CPython takes about 6,000 table entries.
const TABLE_ELEMENTS: usize = 100_000;

/// A call that runs looks at the stop flag this often.
const LOOK: Duration = Duration::from_millis(100);

/// What one call, and one instance, may use.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    /// Bytes of each linear memory.
    pub(crate) memory: u64,
    /// Time of one call, host calls not counted.
    pub(crate) timeout: Duration,
}

/// What the host does for a guest that asks; shared by all instances of a factory.
pub(crate) struct Services {
    /// What ends calls that take too long.
    pub(crate) epoch: Arc<Epoch>,
    /// Ends calls whose answer is no longer wanted.
    pub(crate) stop: StopFlag,
    /// The run's seed.
    pub(crate) seed: u64,
    /// Time of day when the host started, since the Unix epoch.
    pub(crate) wall: Duration,
    /// The tokenizer that the user chose.
    pub(crate) tokenizer: Option<Arc<dyn Tokenizer>>,
    /// Files that the user named.
    pub(crate) files: FileSet,
    /// Texts whose length could not be made exact.
    pub(crate) inexact: AtomicU64,
}

/// What ended a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Overrun {
    Time,
    Memory,
    Stopped,
}

/// The data of a store.
pub(crate) struct State {
    pub(crate) limits: Limits,
    pub(crate) console: Console,
    pub(crate) services: Arc<Services>,
    pub(crate) wasi: ClosedWasi,
    /// Set by what ended the call.
    pub(crate) overrun: Option<Overrun>,
    memory: StoreLimits,
    deadline: Instant,
}

impl State {
    pub(crate) fn new(limits: Limits, console: Console, services: Arc<Services>) -> Self {
        let bytes = usize::try_from(limits.memory).unwrap_or(usize::MAX);
        let memory = StoreLimitsBuilder::new()
            .memory_size(bytes)
            .table_elements(TABLE_ELEMENTS)
            .trap_on_grow_failure(true)
            .build();
        let wasi = ClosedWasi::new(services.seed, services.wall);
        let deadline = clock::now();
        Self { limits, console, services, wasi, overrun: None, memory, deadline }
    }

    /// Begins a call: its time starts, and the console forgets earlier calls.
    pub(crate) fn begin(&mut self) -> u64 {
        self.console.clear();
        self.overrun = None;
        self.deadline = clock::now() + self.limits.timeout;
        ticks(self.limits.timeout.min(LOOK))
    }

    /// Fails where the call's answer is no longer wanted.
    pub(crate) fn check_stop(&mut self) -> wasmtime::Result<()> {
        if self.services.stop.is_raised() {
            self.overrun = Some(Overrun::Stopped);
            wasmtime::bail!("the run was stopped");
        }
        Ok(())
    }

    /// Does `work` for the guest, in time that does not count as the guest's.
    pub(crate) fn for_guest<T>(&mut self, work: impl FnOnce(&mut Self) -> T) -> T {
        let began = clock::now();
        let result = work(self);
        self.deadline += clock::now() - began;
        result
    }
}

/// Called when the epoch reaches the deadline: host calls may have moved it meanwhile.
pub(crate) fn at_deadline(mut cx: StoreContextMut<'_, State>) -> wasmtime::Result<UpdateDeadline> {
    let state = cx.data_mut();
    state.check_stop()?;
    let left = state.deadline.saturating_duration_since(clock::now());
    if left.is_zero() {
        state.overrun = Some(Overrun::Time);
        return Ok(UpdateDeadline::Interrupt);
    }
    Ok(UpdateDeadline::Continue(ticks(left.min(LOOK))))
}

impl ResourceLimiter for State {
    fn memory_growing(
        &mut self,
        current: usize,
        desired: usize,
        maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        let grown = self.memory.memory_growing(current, desired, maximum);
        if !matches!(grown, Ok(true)) {
            self.overrun = Some(Overrun::Memory);
        }
        grown
    }

    fn table_growing(
        &mut self,
        current: usize,
        desired: usize,
        maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        self.memory.table_growing(current, desired, maximum)
    }

    fn instances(&self) -> usize {
        self.memory.instances()
    }

    fn tables(&self) -> usize {
        self.memory.tables()
    }

    fn memories(&self) -> usize {
        self.memory.memories()
    }
}
