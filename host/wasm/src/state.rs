//! The data of a store: the guest's limits, its output and the host's services.

use crate::clock;
use crate::closed_wasi::ClosedWasi;
use crate::engine::{EpochTicker, ticks};
use crate::files::FileSet;
use crate::guest_output::GuestOutput;
use loadwright_core::ports::Tokenizer;
use loadwright_core::stop::StopFlag;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::{Duration, Instant};
use wasmtime::{ResourceLimiter, StoreContextMut, StoreLimits, StoreLimitsBuilder, UpdateDeadline};

/// Maximum elements of a table: CPython takes about 6,000.
const TABLE_ELEMENTS: usize = 100_000;

/// How often a running call checks the stop flag.
const STOP_POLL: Duration = Duration::from_millis(100);

/// Limits of a call and of an instance.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    /// Bytes of each linear memory.
    pub(crate) memory: u64,
    /// Time of one call, without the host calls in it.
    pub(crate) timeout: Duration,
}

/// What host calls of guests need; shared by all instances of a factory.
pub(crate) struct Services {
    /// Ends calls that exceed their time limit.
    pub(crate) epoch: Arc<EpochTicker>,
    /// Ends calls whose result is no longer needed.
    pub(crate) stop: StopFlag,
    /// The run's seed.
    pub(crate) seed: u64,
    /// Time of day when the host started, since the Unix epoch.
    pub(crate) wall: Duration,
    /// The tokenizer that the user chose.
    pub(crate) tokenizer: Option<Arc<dyn Tokenizer>>,
    /// Files that the user named.
    pub(crate) files: FileSet,
    /// Synthesized texts whose length is not exact.
    pub(crate) inexact: AtomicU64,
}

/// Why the host ended a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Interruption {
    Time,
    Memory,
    Stopped,
}

/// The data of a store.
pub(crate) struct State {
    pub(crate) limits: Limits,
    pub(crate) output: GuestOutput,
    pub(crate) services: Arc<Services>,
    pub(crate) wasi: ClosedWasi,
    /// Set when the host ends a call.
    pub(crate) interruption: Option<Interruption>,
    memory: StoreLimits,
    deadline: Instant,
}

impl State {
    pub(crate) fn new(limits: Limits, output: GuestOutput, services: Arc<Services>) -> Self {
        let bytes = usize::try_from(limits.memory).unwrap_or(usize::MAX);
        let memory = StoreLimitsBuilder::new()
            .memory_size(bytes)
            .table_elements(TABLE_ELEMENTS)
            .trap_on_grow_failure(true)
            .build();
        let wasi = ClosedWasi::new(services.seed, services.wall);
        let deadline = clock::now();
        Self { limits, output, services, wasi, interruption: None, memory, deadline }
    }

    /// Begins a call: restarts its time limit and forgets earlier output. Returns the deadline in
    /// ticks.
    pub(crate) fn begin(&mut self) -> u64 {
        self.output.clear();
        self.interruption = None;
        self.deadline = clock::now() + self.limits.timeout;
        ticks(self.limits.timeout.min(STOP_POLL))
    }

    /// Fails if the call's result is no longer needed.
    pub(crate) fn check_stop(&mut self) -> wasmtime::Result<()> {
        if self.services.stop.is_raised() {
            self.interruption = Some(Interruption::Stopped);
            wasmtime::bail!("the run was stopped");
        }
        Ok(())
    }

    /// Does `work` for the guest; its time does not count against the guest's limit.
    pub(crate) fn for_guest<T>(&mut self, work: impl FnOnce(&mut Self) -> T) -> T {
        let began = clock::now();
        let result = work(self);
        self.deadline += clock::now() - began;
        result
    }
}

/// Called when the epoch reaches the deadline, which host calls may have extended meanwhile.
pub(crate) fn at_deadline(mut cx: StoreContextMut<'_, State>) -> wasmtime::Result<UpdateDeadline> {
    let state = cx.data_mut();
    state.check_stop()?;
    let left = state.deadline.saturating_duration_since(clock::now());
    if left.is_zero() {
        state.interruption = Some(Interruption::Time);
        return Ok(UpdateDeadline::Interrupt);
    }
    Ok(UpdateDeadline::Continue(ticks(left.min(STOP_POLL))))
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
            self.interruption = Some(Interruption::Memory);
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
