//! The core's protocol port over a component.

use crate::bindings::bulk::exports::loadwright::plugin::protocol as contract;
use crate::convert;
use crate::instance::{Instance, InstanceFactory, ProtocolExports};
use bumpalo::Bump;
use loadwright_core::ports::{PluginFailure, Protocol, ProtocolFactory};
use loadwright_core::reading::{Exchange, ReadingPlan, Reply};
use loadwright_core::request::{PromptRequest, Template};
use std::sync::Arc;

/// Makes instances of one configured protocol.
pub(crate) struct WasmProtocol {
    factory: Arc<InstanceFactory<ProtocolExports>>,
    plan: Option<ReadingPlan>,
}

impl WasmProtocol {
    /// Configures the plugin once and gets its reading plan.
    ///
    /// # Errors
    /// The plugin rejected its settings or failed.
    pub(crate) fn new(factory: InstanceFactory<ProtocolExports>) -> Result<Self, PluginFailure> {
        let factory = Arc::new(factory);
        let mut first = Instance::new(Arc::clone(&factory))?;
        let plan = first.call("plan", |live| live.guest.call_plan(&mut live.store))?;
        Ok(Self { factory, plan: plan.map(ReadingPlan::from) })
    }
}

impl ProtocolFactory for WasmProtocol {
    fn plan(&self) -> Option<&ReadingPlan> {
        self.plan.as_ref()
    }

    fn instance(&self) -> Result<Box<dyn Protocol>, PluginFailure> {
        let instance = Instance::new(Arc::clone(&self.factory))?;
        Ok(Box::new(ProtocolWorker { instance, arena: Bump::new() }))
    }

    fn restarts(&self) -> u32 {
        self.factory.restarts()
    }
}

struct ProtocolWorker {
    instance: Instance<ProtocolExports>,
    arena: Bump,
}

impl Protocol for ProtocolWorker {
    fn format(&mut self, requests: &[PromptRequest]) -> Vec<Result<Template, PluginFailure>> {
        self.arena.reset();
        let arena = &self.arena;
        self.instance.batch::<_, _, contract::Request>("format", requests, |live, requests| {
            live.guest.call_format(&mut live.store, convert::prompt_requests(arena, requests))
        })
    }

    fn decode(&mut self, exchanges: &[Exchange]) -> Vec<Result<Reply, PluginFailure>> {
        self.arena.reset();
        let arena = &self.arena;
        self.instance.batch::<_, _, contract::Reply>("decode", exchanges, |live, exchanges| {
            live.guest.call_decode(&mut live.store, convert::exchanges(arena, exchanges))
        })
    }
}
