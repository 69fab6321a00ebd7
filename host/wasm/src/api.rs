//! The core's api port over a component.

use crate::convert;
use crate::instance::{ApiExports, Instance, InstanceFactory, Live};
use bumpalo::Bump;
use loadwright_core::ports::{Api, ApiFactory, Cause, PluginFailure};
use loadwright_core::reading::{Exchange, ReadingPlan, Reply};
use loadwright_core::request::{PromptRequest, Template};
use loadwright_core::service::ServiceMetric;
use std::sync::Arc;

/// Makes instances of one configured API plugin.
pub(crate) struct WasmApi {
    factory: Arc<InstanceFactory<ApiExports>>,
    plan: Option<ReadingPlan>,
}

impl WasmApi {
    /// Configures the plugin once and gets its reading plan.
    ///
    /// # Errors
    /// The plugin rejected its settings or failed, or its plan reads a metric that is not `declared`.
    pub(crate) fn new(
        factory: InstanceFactory<ApiExports>,
        declared: &[ServiceMetric],
    ) -> Result<Self, PluginFailure> {
        let factory = Arc::new(factory);
        let mut first = Instance::new(Arc::clone(&factory))?;
        let plan = first.call("plan", |live| live.guest.call_plan(&mut live.store))?;
        let plan = plan
            .map(|plan| convert::reading_plan(plan, declared))
            .transpose()
            .map_err(|invalid| factory.failure("plan", Cause::Contract(invalid.to_string())))?;
        Ok(Self { factory, plan })
    }
}

impl ApiFactory for WasmApi {
    fn plan(&self) -> Option<&ReadingPlan> {
        self.plan.as_ref()
    }

    fn instance(&self) -> Result<Box<dyn Api>, PluginFailure> {
        let instance = Instance::new(Arc::clone(&self.factory))?;
        Ok(Box::new(ApiWorker { instance, arena: Bump::new() }))
    }

    fn restarts(&self) -> u32 {
        self.factory.restarts()
    }
}

struct ApiWorker {
    instance: Instance<ApiExports>,
    arena: Bump,
}

impl Api for ApiWorker {
    fn format(&mut self, requests: &[PromptRequest]) -> Vec<Result<Template, PluginFailure>> {
        self.arena.reset();
        let arena = &self.arena;
        let call = |live: &mut Live<ApiExports>, requests: &[PromptRequest]| {
            live.guest.call_format(&mut live.store, convert::prompt_requests(arena, requests))
        };
        self.instance.batch("format", requests, call, convert::template)
    }

    fn decode(&mut self, exchanges: &[Exchange]) -> Vec<Result<Reply, PluginFailure>> {
        self.arena.reset();
        let arena = &self.arena;
        let call = |live: &mut Live<ApiExports>, exchanges: &[Exchange]| {
            live.guest.call_decode(&mut live.store, convert::exchanges(arena, exchanges))
        };
        self.instance.batch("decode", exchanges, call, convert::reply)
    }
}
