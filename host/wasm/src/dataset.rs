//! The core's dataset port over a component.

use crate::instance::{DatasetFace, Instance, Recipe};
use loadwright_core::conversation::Conversation;
use loadwright_core::ports::{Cause, Dataset, DatasetFactory, PluginFailure};
use std::sync::Arc;

/// Makes instances of one configured dataset.
pub(crate) struct Factory {
    recipe: Arc<Recipe<DatasetFace>>,
}

impl Factory {
    /// Configures the plugin once, so that settings it refuses are an error before the run.
    ///
    /// # Errors
    /// The plugin refused its settings or failed.
    pub(crate) fn new(recipe: Recipe<DatasetFace>) -> Result<Self, PluginFailure> {
        recipe.start()?;
        Ok(Self { recipe: Arc::new(recipe) })
    }
}

impl DatasetFactory for Factory {
    fn instance(&self) -> Result<Box<dyn Dataset>, PluginFailure> {
        Ok(Box::new(OneThread { instance: Instance::new(Arc::clone(&self.recipe))? }))
    }
}

struct OneThread {
    instance: Instance<DatasetFace>,
}

impl OneThread {
    fn range(&mut self, first: u32, count: u32) -> Result<Vec<Conversation>, PluginFailure> {
        let name = if count == 1 { format!("generate of item {first}") } else { "generate".into() };
        let answer = self
            .instance
            .call(&name, |live| live.guest.call_generate(&mut live.store, first, count))?;
        let failure = |cause| self.instance.recipe.failure(&name, cause);
        let items = answer.map_err(|fault| failure(Cause::Fault(fault.into())))?;
        if items.len() > count as usize {
            let text = format!("it gave {} items where {count} were asked", items.len());
            return Err(failure(Cause::Contract(text)));
        }
        Ok(items.into_iter().map(Conversation::from).collect())
    }

    /// Item by item, until one fails or the dataset ends.
    fn singly(&mut self, first: u32, count: u32) -> Result<Vec<Conversation>, PluginFailure> {
        let mut items = Vec::with_capacity(count as usize);
        for index in first..first.saturating_add(count) {
            match self.range(index, 1)?.pop() {
                Some(item) => items.push(item),
                None => break,
            }
        }
        Ok(items)
    }
}

impl Dataset for OneThread {
    fn size(&mut self) -> Result<Option<u32>, PluginFailure> {
        let answer = self.instance.call("size", |live| live.guest.call_size(&mut live.store))?;
        answer.map_err(|fault| self.instance.recipe.failure("size", Cause::Fault(fault.into())))
    }

    fn generate(&mut self, first: u32, count: u32) -> Result<Vec<Conversation>, PluginFailure> {
        let used = self.instance.is_used();
        match self.range(first, count) {
            // A value is an answer; so is what a single item does to an unused instance.
            Err(PluginFailure {
                cause: Cause::Trap(_) | Cause::TimeLimit(_) | Cause::MemoryLimit(_),
                ..
            }) if used || count > 1 => self.singly(first, count),
            answer => answer,
        }
    }
}
