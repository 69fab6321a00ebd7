//! One instance of a plugin on one thread: created, called within its limits, dropped when it traps
//! and created again.
//!
//! A trap leaves the guest's memory in an undefined state, so the whole instance is dropped.

use crate::bindings::bulk::loadwright::plugin::types::Fault as GuestFault;
use crate::bindings::{bulk, identity};
use crate::convert::Invalid;
use crate::engine::Running;
use crate::guest_output::{GuestOutput, PluginLog};
use crate::state::{self, Limits, Services, State};
use crate::trap;
use loadwright_core::ports::{Cause, Fault, PluginFailure};
use std::slice;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use wasmtime::Store;
use wasmtime::component::{Instance as Component, InstancePre};

/// Instances that a plugin may lose before it is given up: by then it is clearly broken.
const RESTARTS: u32 = 1000;

/// The interface that one kind of plugin exports beside `plugin`.
pub(crate) trait Exports: 'static {
    type Indices: Send + Sync;
    type Guest: Send;

    fn find(pre: &InstancePre<State>) -> wasmtime::Result<Self::Indices>;
    fn load(
        indices: &Self::Indices,
        store: &mut Store<State>,
        instance: &Component,
    ) -> wasmtime::Result<Self::Guest>;
}

macro_rules! exports {
    ($name:ident, $interface:ident) => {
        pub(crate) struct $name;

        impl Exports for $name {
            type Indices = bulk::exports::loadwright::plugin::$interface::GuestIndices;
            type Guest = bulk::exports::loadwright::plugin::$interface::Guest;

            fn find(pre: &InstancePre<State>) -> wasmtime::Result<Self::Indices> {
                Self::Indices::new(pre)
            }

            fn load(
                indices: &Self::Indices,
                store: &mut Store<State>,
                instance: &Component,
            ) -> wasmtime::Result<Self::Guest> {
                indices.load(store, instance)
            }
        }
    };
}

exports!(ApiExports, api);
exports!(DatasetExports, dataset);

/// No further interface: enough to call `describe`.
pub(crate) struct NoExports;

impl Exports for NoExports {
    type Indices = ();
    type Guest = ();

    fn find(_: &InstancePre<State>) -> wasmtime::Result<()> {
        Ok(())
    }

    fn load((): &(), _: &mut Store<State>, _: &Component) -> wasmtime::Result<()> {
        Ok(())
    }
}

/// Creates instances of one configured plugin; shared by threads.
pub(crate) struct InstanceFactory<F: Exports> {
    pub(crate) plugin: String,
    pub(crate) log: PluginLog,
    pub(crate) limits: Limits,
    pub(crate) services: Arc<Services>,
    /// JSON for `configure`.
    pub(crate) settings: String,
    restarts: AtomicU32,
    pre: InstancePre<State>,
    identity: identity::exports::loadwright::plugin::plugin::GuestIndices,
    exports: F::Indices,
}

/// The configuration of instances.
pub(crate) struct InstanceConfig {
    pub(crate) plugin: String,
    pub(crate) log: PluginLog,
    pub(crate) limits: Limits,
    pub(crate) services: Arc<Services>,
    pub(crate) settings: String,
}

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
        let restarts = AtomicU32::new(0);
        Ok(Self { plugin, log, limits, services, settings, restarts, pre, identity, exports })
    }

    /// Instances lost to traps and limits so far.
    pub(crate) fn restarts(&self) -> u32 {
        self.restarts.load(Ordering::Relaxed)
    }

    /// A failure of this plugin.
    pub(crate) fn failure(&self, call: &str, cause: Cause) -> PluginFailure {
        PluginFailure { plugin: self.plugin.clone(), call: call.into(), cause }
    }

    /// A new instance, not configured.
    pub(crate) fn unconfigured(&self) -> Result<Live<F>, PluginFailure> {
        let output = GuestOutput::new(self.log.clone());
        let data = State::new(self.limits, output, Arc::clone(&self.services));
        let mut store = Store::new(self.pre.engine(), data);
        store.limiter(|state| state);
        store.epoch_deadline_callback(state::at_deadline);
        let ticks = store.data_mut().begin();
        store.set_epoch_deadline(ticks);
        let _running = self.services.epoch.run();
        match self.populate(&mut store) {
            Ok((identity, guest)) => Ok(Live { store, identity, guest, calls: 0 }),
            Err(error) => Err(self.failure("instantiation", trap::cause(&error, store.data_mut()))),
        }
    }

    fn populate(
        &self,
        store: &mut Store<State>,
    ) -> wasmtime::Result<(identity::exports::loadwright::plugin::plugin::Guest, F::Guest)> {
        let instance = self.pre.instantiate(&mut *store)?;
        Ok((self.identity.load(&mut *store, &instance)?, F::load(&self.exports, store, &instance)?))
    }

    /// A new instance, configured.
    ///
    /// # Errors
    /// The plugin refused its settings, failed, or was restarted too often.
    pub(crate) fn start(&self) -> Result<Live<F>, PluginFailure> {
        if self.restarts() >= RESTARTS {
            let text = format!("it lost {RESTARTS} instances and is not started again");
            return Err(self.failure("instantiation", Cause::Trap(text)));
        }
        let mut live = self.unconfigured()?;
        let running = live.arm();
        let configured = live.identity.call_configure(&mut live.store, &self.settings);
        drop(running);
        match configured {
            Ok(Ok(())) => Ok(live),
            Ok(Err(fault)) => Err(self.failure("configure", Cause::Fault(fault.into()))),
            Err(error) => {
                Err(self.failure("configure", trap::cause(&error, live.store.data_mut())))
            }
        }
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
    /// Starts the time limit of the next call, which ends when the result is dropped.
    pub(crate) fn arm(&mut self) -> Running {
        let ticks = self.store.data_mut().begin();
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
    /// As for [`InstanceFactory::start`].
    pub(crate) fn new(factory: Arc<InstanceFactory<F>>) -> Result<Self, PluginFailure> {
        let live = Some(factory.start()?);
        Ok(Self { factory, live })
    }

    /// Whether calls returned from this instance, so that a failure may be due to the state they left
    /// in its memory.
    pub(crate) fn is_used(&self) -> bool {
        self.live.as_ref().is_some_and(|live| live.calls > 0)
    }

    /// One call. A trap or an exceeded limit ends the instance; the next call creates another.
    pub(crate) fn call<T>(
        &mut self,
        name: &str,
        run: impl FnOnce(&mut Live<F>) -> wasmtime::Result<T>,
    ) -> Result<T, PluginFailure> {
        if self.factory.services.stop.is_raised() {
            return Err(self.factory.failure(name, Cause::Stopped));
        }
        let mut live = match self.live.take() {
            Some(live) => live,
            None => self.factory.start()?,
        };
        let _running = live.arm();
        match run(&mut live) {
            Ok(value) => {
                live.calls = live.calls.saturating_add(1);
                self.live = Some(live);
                Ok(value)
            }
            Err(error) => {
                let cause = trap::cause(&error, live.store.data_mut());
                // A stopped instance does not count as lost.
                let lost = u32::from(cause != Cause::Stopped);
                self.factory.restarts.fetch_add(lost, Ordering::Relaxed);
                Err(self.factory.failure(name, cause))
            }
        }
    }

    /// One call for many items. If it fails, each item is tried alone on an instance without an
    /// earlier failure, so that only the faulty ones fail.
    pub(crate) fn batch<I, O, R>(
        &mut self,
        name: &str,
        items: &[I],
        run: impl Fn(&mut Live<F>, &[I]) -> wasmtime::Result<Vec<Result<R, GuestFault>>>,
        convert: impl Fn(R) -> Result<O, Invalid>,
    ) -> Vec<Result<O, PluginFailure>> {
        if items.is_empty() {
            return Vec::new();
        }
        let used = self.is_used();
        let failure = match self.whole(name, items, &run, &convert) {
            Ok(answers) => return answers,
            Err(failure) => failure,
        };
        if items.len() == 1 && !used {
            return vec![Err(failure)];
        }
        let alone = |item| {
            let mut answers = self.whole(name, slice::from_ref(item), &run, &convert)?;
            answers.pop().expect("`whole` checked the number of answers")
        };
        items.iter().map(alone).collect()
    }

    fn whole<I, O, R>(
        &mut self,
        name: &str,
        items: &[I],
        run: impl Fn(&mut Live<F>, &[I]) -> wasmtime::Result<Vec<Result<R, GuestFault>>>,
        convert: impl Fn(R) -> Result<O, Invalid>,
    ) -> Result<Vec<Result<O, PluginFailure>>, PluginFailure> {
        let answers = self.call(name, |live| run(live, items))?;
        if answers.len() != items.len() {
            let text = format!("it returned {} results for {} items", answers.len(), items.len());
            return Err(self.factory.failure(name, Cause::Contract(text)));
        }
        let result = |answer: Result<R, GuestFault>| {
            let cause = match answer.map(&convert) {
                Ok(Ok(value)) => return Ok(value),
                Ok(Err(invalid)) => Cause::Contract(invalid.to_string()),
                Err(fault) => Cause::Fault(Fault::from(fault)),
            };
            Err(self.factory.failure(name, cause))
        };
        Ok(answers.into_iter().map(result).collect())
    }
}
