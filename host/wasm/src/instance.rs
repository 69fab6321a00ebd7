//! One instance of a plugin on one thread: created, called within its limits, dropped when it traps
//! and created again.
//!
//! A trap leaves the guest's memory in an undefined state, so the whole instance is dropped. An
//! instance that did not trap goes back to its factory, for the next thread or point.

use crate::bindings::identity;
use crate::call::Call;
use crate::engine::Running;
use crate::error::SUPPORTED;
use crate::exports::Exports;
use crate::guest_output::{GuestOutput, PluginLog};
use crate::limits::Limits;
use crate::losses::Losses;
use crate::resources;
use crate::state::{self, Services, State};
use crate::trap;
use loadwright_core::ports::{Cause, PluginFailure};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError};
use wasmtime::Store;
use wasmtime::component::InstancePre;

/// Creates instances of one configured plugin; shared by threads.
pub(crate) struct InstanceFactory<F: Exports> {
    pub(crate) plugin: String,
    pub(crate) log: PluginLog,
    pub(crate) limits: Limits,
    pub(crate) services: Arc<Services>,
    /// JSON for `configure`.
    pub(crate) settings: String,
    pub(crate) losses: Losses,
    /// Items of a batch at most; halved when one exceeds a limit.
    pub(crate) batch_limit: AtomicUsize,
    pre: InstancePre<State>,
    identity: identity::exports::loadwright::plugin::plugin::GuestIndices,
    exports: F::Indices,
    /// What the instances share.
    pub(crate) shared: F::Shared,
    prepare: Prepare<F>,
    /// Instances that no thread uses.
    idle: Mutex<Vec<Live<F>>>,
}

/// Makes a configured instance ready for its first call.
type Prepare<F> = fn(&InstanceFactory<F>, &mut Live<F>) -> Result<(), PluginFailure>;

/// The configuration of instances.
pub(crate) struct InstanceConfig {
    pub(crate) plugin: String,
    pub(crate) log: PluginLog,
    pub(crate) limits: Limits,
    pub(crate) services: Arc<Services>,
    pub(crate) settings: String,
}

const START: Call = Call::of("instantiation");
const CONFIGURE: Call = Call::of("configure");

impl<F: Exports> InstanceFactory<F> {
    /// # Errors
    /// The component lacks a function of the contract.
    pub(crate) fn new(
        pre: InstancePre<State>,
        instance_config: InstanceConfig,
    ) -> wasmtime::Result<Self> {
        let InstanceConfig { plugin, log, limits, services, settings } = instance_config;
        let identity = identity::exports::loadwright::plugin::plugin::GuestIndices::new(&pre)?;
        let exports = F::find(&pre)?;
        Ok(Self {
            plugin,
            log,
            limits,
            services,
            settings,
            losses: Losses::default(),
            batch_limit: AtomicUsize::new(usize::MAX),
            pre,
            identity,
            exports,
            shared: F::Shared::default(),
            prepare: |_, _| Ok(()),
            idle: Mutex::default(),
        })
    }

    /// The same factory, whose instances are made ready by `prepare` after `configure`.
    pub(crate) fn prepared_by(self, prepare: Prepare<F>) -> Self {
        Self { prepare, ..self }
    }

    /// A failure of this plugin.
    pub(crate) fn failure(&self, call: Call, cause: Cause) -> PluginFailure {
        PluginFailure { plugin: self.plugin.clone(), call: call.to_string(), cause }
    }

    /// Batches of `items` exceed a limit.
    pub(crate) fn halve_batches(&self, items: usize) {
        self.batch_limit.fetch_min((items / 2).max(1), Relaxed);
    }

    /// A new instance, not configured.
    pub(crate) fn unconfigured(&self) -> Result<Live<F>, PluginFailure> {
        let output = GuestOutput::new(self.log.clone());
        let data = State::new(self.limits, output, Arc::clone(&self.services));
        let mut store = Store::new(self.pre.engine(), data);
        store.limiter(|state| state);
        store.epoch_deadline_callback(state::at_deadline);
        store.set_hostcall_fuel(usize::try_from(self.limits.output).unwrap_or(usize::MAX));
        store.set_max_component_handles(resources::HANDLES);
        let ticks = store.data_mut().begin(START);
        store.set_epoch_deadline(ticks);
        let _running = self.services.epoch.run();
        let instance = match self.pre.instantiate(&mut store) {
            Ok(instance) => instance,
            Err(error) => return Err(self.lost(START, &error, &mut store)),
        };
        let identity = self.identity.load(&mut store, &instance);
        let typed = identity
            .and_then(|identity| Ok((identity, F::load(&self.exports, &mut store, &instance)?)));
        match typed {
            Ok((identity, guest)) => Ok(Live { store, identity, guest, calls: 0 }),
            Err(error) => {
                let function = F::misfit(&mut store, &instance);
                let function = function.map_or("it ".into(), |name| format!("its `{name}` "));
                let text = format!(
                    "{function}does not fit this program's contract {SUPPORTED}, though it names \
                     {SUPPORTED} as its own: {error:#}; build it against this program's wit/"
                );
                Err(self.failure(START, Cause::Contract(text)))
            }
        }
    }

    /// Counts the instance of `store` as lost to `error` in `call`.
    pub(crate) fn lost(
        &self,
        call: Call,
        error: &wasmtime::Error,
        store: &mut Store<State>,
    ) -> PluginFailure {
        let time = store.data().times.elapsed();
        let cause = trap::cause(error, store.data_mut());
        // A stopped instance does not count.
        if cause != Cause::Stopped {
            self.losses.add(time);
        }
        self.failure(call, cause)
    }

    /// A new instance, configured.
    ///
    /// # Errors
    /// The plugin refused its settings, failed, or was lost too often.
    fn start(&self) -> Result<Live<F>, PluginFailure> {
        if let Some(text) = self.losses.exhausted(self.limits.timeout) {
            return Err(self.failure(START, Cause::Trap(text)));
        }
        let mut live = self.unconfigured()?;
        let running = live.arm(CONFIGURE);
        let configured = live.identity.call_configure(&mut live.store, &self.settings);
        drop(running);
        match configured {
            Ok(Ok(())) => {
                (self.prepare)(self, &mut live)?;
                Ok(live)
            }
            Ok(Err(fault)) => Err(self.failure(CONFIGURE, Cause::Fault(fault.into()))),
            Err(error) => Err(self.lost(CONFIGURE, &error, &mut live.store)),
        }
    }

    fn idle(&self) -> std::sync::MutexGuard<'_, Vec<Live<F>>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// An instance that has not trapped.
pub(crate) struct Live<F: Exports> {
    pub(crate) store: Store<State>,
    pub(crate) identity: identity::exports::loadwright::plugin::plugin::Guest,
    pub(crate) guest: F::Guest,
    /// Calls that returned: before the first, the instance is as good as new.
    calls: u32,
}

impl<F: Exports> Live<F> {
    /// Begins `call` with its limits, which end when the result is dropped.
    pub(crate) fn arm(&mut self, call: Call) -> Running {
        let ticks = self.store.data_mut().begin(call);
        self.store.set_epoch_deadline(ticks);
        self.store.data().services.epoch.run()
    }
}

/// The instance of one thread, made again after a trap.
pub(crate) struct Instance<F: Exports> {
    pub(crate) factory: Arc<InstanceFactory<F>>,
    live: Option<Live<F>>,
}

impl<F: Exports> Instance<F> {
    /// # Errors
    /// The plugin refused its settings, failed, or was lost too often.
    pub(crate) fn new(factory: Arc<InstanceFactory<F>>) -> Result<Self, PluginFailure> {
        let idle = factory.idle().pop();
        let live = Some(idle.map_or_else(|| factory.start(), Ok)?);
        Ok(Self { factory, live })
    }

    /// Whether calls returned from this instance, so that a failure may be due to the state they left
    /// in its memory.
    pub(crate) fn is_used(&self) -> bool {
        self.live.as_ref().is_some_and(|live| live.calls > 0)
    }

    /// Whether there is an instance; after a trap, there is none until the next call.
    pub(crate) fn is_live(&self) -> bool {
        self.live.is_some()
    }

    /// Drops the instance: the next call creates another.
    pub(crate) fn discard(&mut self) {
        self.live = None;
    }

    /// One call. A trap or an exceeded limit ends the instance; the next call creates another.
    pub(crate) fn call<T>(
        &mut self,
        call: Call,
        run: impl FnOnce(&mut Live<F>) -> wasmtime::Result<T>,
    ) -> Result<T, PluginFailure> {
        if call.stops() && self.factory.services.stop.is_raised() {
            return Err(self.factory.failure(call, Cause::Stopped));
        }
        let mut live = match self.live.take() {
            Some(live) => live,
            None => self.factory.start()?,
        };
        let running = live.arm(call);
        let returned = run(&mut live);
        drop(running);
        match returned {
            Ok(value) => {
                live.calls = live.calls.saturating_add(1);
                self.live = Some(live);
                Ok(value)
            }
            Err(error) => Err(self.factory.lost(call, &error, &mut live.store)),
        }
    }
}

impl<F: Exports> Drop for Instance<F> {
    fn drop(&mut self) {
        if let Some(live) = self.live.take() {
            self.factory.idle().push(live);
        }
    }
}
