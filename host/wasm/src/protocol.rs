//! The core's protocol port over a component.

use crate::bindings::bulk::exports::loadwright::plugin::protocol as contract;
use crate::convert;
use crate::instance::{Instance, ProtocolFace, Recipe};
use bumpalo::Bump;
use loadwright_core::ports::{PluginFailure, Protocol, ProtocolFactory};
use loadwright_core::reading::{Exchange, ReadingPlan, Reply};
use loadwright_core::request::{PromptRequest, Template};
use std::sync::Arc;

/// Makes instances of one configured protocol.
pub(crate) struct Factory {
    recipe: Arc<Recipe<ProtocolFace>>,
    plan: Option<ReadingPlan>,
}

impl Factory {
    /// Configures the plugin once and asks for its reading plan.
    ///
    /// # Errors
    /// The plugin refused its settings or failed.
    pub(crate) fn new(recipe: Recipe<ProtocolFace>) -> Result<Self, PluginFailure> {
        let recipe = Arc::new(recipe);
        let mut first = Instance::new(Arc::clone(&recipe))?;
        let plan = first.call("plan", |live| live.guest.call_plan(&mut live.store))?;
        Ok(Self { recipe, plan: plan.map(ReadingPlan::from) })
    }
}

impl ProtocolFactory for Factory {
    fn plan(&self) -> Option<&ReadingPlan> {
        self.plan.as_ref()
    }

    fn instance(&self) -> Result<Box<dyn Protocol>, PluginFailure> {
        let instance = Instance::new(Arc::clone(&self.recipe))?;
        Ok(Box::new(OneThread { instance, arena: Bump::new() }))
    }

    fn restarts(&self) -> u32 {
        self.recipe.restarts()
    }
}

struct OneThread {
    instance: Instance<ProtocolFace>,
    arena: Bump,
}

impl Protocol for OneThread {
    fn format(&mut self, asks: &[PromptRequest]) -> Vec<Result<Template, PluginFailure>> {
        self.arena.reset();
        let arena = &self.arena;
        self.instance.batch::<_, _, contract::Request>("format", asks, |live, asks| {
            live.guest.call_format(&mut live.store, convert::asks(arena, asks))
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
