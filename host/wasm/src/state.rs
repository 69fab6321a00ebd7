//! The data of a store: the guest's limits, its output and the host's services.

use crate::call::Call;
use crate::call_times::CallTimes;
use crate::clock;
use crate::closed_wasi::ClosedWasi;
use crate::engine::{EpochTicker, ticks};
use crate::files::FileSet;
use crate::guest_output::GuestOutput;
use crate::limits::Limits;
use crate::resources::{self, Taken};
use loadwright_core::ports::{ExporterServices, Tokenizer};
use loadwright_core::stop::StopFlag;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use wasmtime::{ResourceLimiter, StoreContextMut, UpdateDeadline};

/// How often a running call checks the stop flag.
const STOP_POLL: Duration = Duration::from_millis(100);

/// Time that one call may wait for indexes of files, which are built once a run: some are large.
const INDEXING: Duration = Duration::from_secs(600);

/// What host calls of guests need; shared by all instances of a factory.
pub(crate) struct Services {
    /// Ends calls that exceed their time limit.
    pub(crate) epoch: Arc<EpochTicker>,
    /// Ends calls whose result is no longer needed.
    pub(crate) stop: StopFlag,
    /// The run's seed.
    pub(crate) seed: u64,
    /// The tokenizer that the user chose.
    pub(crate) tokenizer: Option<Arc<dyn Tokenizer>>,
    /// Files that the user named.
    pub(crate) files: FileSet,
    /// Synthesized texts whose length is not exact.
    pub(crate) inexact: AtomicU64,
    /// What the host offers an exporter.
    pub(crate) exporter: Option<Arc<Offered>>,
}

/// Services of an exporter, which outlive its instances.
pub(crate) struct Offered(Mutex<Box<dyn ExporterServices>>);

impl Offered {
    pub(crate) fn new(services: Box<dyn ExporterServices>) -> Arc<Self> {
        Arc::new(Self(Mutex::new(services)))
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, Box<dyn ExporterServices>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Why the host ended a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Interruption {
    Time,
    HostTime,
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
    /// Whether the call ends when the run stops.
    stops: bool,
    taken: Taken,
    pub(crate) times: CallTimes,
}

impl State {
    pub(crate) fn new(limits: Limits, output: GuestOutput, services: Arc<Services>) -> Self {
        let wasi = ClosedWasi::new(services.seed);
        let times = CallTimes::begin(&limits, 1);
        let taken = Taken::default();
        Self { limits, output, services, wasi, interruption: None, stops: true, taken, times }
    }

    /// Begins `call`: restarts its limits and its randomness, and forgets earlier output. Returns the
    /// deadline in ticks.
    pub(crate) fn begin(&mut self, call: Call) -> u64 {
        self.output.clear();
        self.wasi.begin(call.export, call.first);
        self.interruption = None;
        self.stops = call.stops();
        self.times = CallTimes::begin(&self.limits, call.patience());
        ticks(self.times.allowed.min(STOP_POLL))
    }

    /// Fails if the call's result is no longer needed.
    pub(crate) fn check_stop(&mut self) -> wasmtime::Result<()> {
        if self.stops && self.services.stop.is_raised() {
            self.interruption = Some(Interruption::Stopped);
            wasmtime::bail!("the run was stopped");
        }
        Ok(())
    }

    /// Does `work` for the guest. Its time does not count against the guest's own limit, but against
    /// that of host calls.
    ///
    /// # Errors
    /// The run was stopped, or host calls took too long.
    pub(crate) fn for_guest<T>(
        &mut self,
        work: impl FnOnce(&mut Self) -> T,
    ) -> wasmtime::Result<T> {
        let (result, time) = self.untimed(work)?;
        self.times.in_host += time;
        self.ensure_host_time(self.times.in_host <= self.times.allowed_in_host)?;
        Ok(result)
    }

    /// Does `work` for an exporter, whose services have time limits of their own.
    ///
    /// # Errors
    /// The call's result is no longer needed.
    pub(crate) fn for_exporter<T>(
        &mut self,
        work: impl FnOnce(&mut Self) -> T,
    ) -> wasmtime::Result<T> {
        Ok(self.untimed(work)?.0)
    }

    /// Seconds since the Unix epoch, for exporters alone.
    ///
    /// # Errors
    /// The call's result is no longer needed.
    pub(crate) fn time_of_day(&mut self) -> wasmtime::Result<Option<f64>> {
        let Some(services) = self.services.exporter.clone() else { return Ok(None) };
        self.for_exporter(|_| services.lock().now()).map(Some)
    }

    /// Waits for an index, which is built once for all: a call must not fail for being the first.
    ///
    /// # Errors
    /// The run was stopped, or the call waited too long.
    pub(crate) fn indexing<T>(&mut self, work: impl FnOnce(&mut Self) -> T) -> wasmtime::Result<T> {
        let (result, time) = self.untimed(work)?;
        self.times.in_index += time;
        self.ensure_host_time(self.times.in_index <= INDEXING)?;
        Ok(result)
    }

    /// Does `work`, whose time does not count against the guest's own limit.
    fn untimed<T>(&mut self, work: impl FnOnce(&mut Self) -> T) -> wasmtime::Result<(T, Duration)> {
        self.check_stop()?;
        let began = clock::now();
        let result = work(self);
        let time = clock::now() - began;
        self.times.outside(time);
        // A stop may have cut the work short: its result is not valid then.
        self.check_stop()?;
        Ok((result, time))
    }

    fn ensure_host_time(&mut self, is_left: bool) -> wasmtime::Result<()> {
        if !is_left {
            self.interruption = Some(Interruption::HostTime);
            wasmtime::bail!("its calls of the host took too long");
        }
        Ok(())
    }
}

/// Called when the epoch reaches the deadline, which host calls may have extended meanwhile.
pub(crate) fn at_deadline(mut cx: StoreContextMut<'_, State>) -> wasmtime::Result<UpdateDeadline> {
    let state = cx.data_mut();
    state.check_stop()?;
    let left = state.times.left();
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
        _: Option<usize>,
    ) -> wasmtime::Result<bool> {
        if !self.taken.memory(current, desired, self.limits.memory) {
            self.interruption = Some(Interruption::Memory);
            // A trap, not a failed growth, which languages report in many ways.
            wasmtime::bail!("it needs more memory than it may use");
        }
        Ok(true)
    }

    fn table_growing(
        &mut self,
        current: usize,
        desired: usize,
        _: Option<usize>,
    ) -> wasmtime::Result<bool> {
        if !self.taken.table(current, desired) {
            wasmtime::bail!("its tables need more elements than a plugin may have");
        }
        Ok(true)
    }

    fn instances(&self) -> usize {
        resources::INSTANCES
    }

    fn tables(&self) -> usize {
        resources::TABLES
    }

    fn memories(&self) -> usize {
        resources::MEMORIES
    }
}
