//! The core's dataset port over a component.
//!
//! What a batch cannot do within its limits may be well within them item by item: a dataset found
//! to be so is asked for single items from then on, so that the limit costs one instance and not one
//! a batch.

use crate::instance::{DatasetFace, Instance, Recipe};
use loadwright_core::conversation::Conversation;
use loadwright_core::ports::{Cause, Dataset, DatasetFactory, PluginFailure};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// Makes instances of one configured dataset.
pub(crate) struct Factory {
    recipe: Arc<Recipe<DatasetFace>>,
    /// The instance that was made to see whether the settings will do.
    first: Mutex<Option<Instance<DatasetFace>>>,
    /// Whether batches overrun limits that their items keep to.
    apart: Arc<AtomicBool>,
}

impl Factory {
    /// Configures the plugin once, so that settings it refuses are an error before the run.
    ///
    /// # Errors
    /// The plugin refused its settings or failed.
    pub(crate) fn new(recipe: Recipe<DatasetFace>) -> Result<Self, PluginFailure> {
        let recipe = Arc::new(recipe);
        let first = Mutex::new(Some(Instance::new(Arc::clone(&recipe))?));
        Ok(Self { recipe, first, apart: Arc::default() })
    }
}

impl DatasetFactory for Factory {
    fn instance(&self) -> Result<Box<dyn Dataset>, PluginFailure> {
        let first = self.first.lock().unwrap_or_else(PoisonError::into_inner).take();
        let instance = match first {
            Some(instance) => instance,
            None => Instance::new(Arc::clone(&self.recipe))?,
        };
        Ok(Box::new(OneThread { instance, apart: Arc::clone(&self.apart), guilty: None }))
    }

    fn restarts(&self) -> u32 {
        self.recipe.restarts()
    }

    fn inexact_prompts(&self) -> u64 {
        self.recipe.services.inexact.load(Ordering::Relaxed)
    }
}

struct OneThread {
    instance: Instance<DatasetFace>,
    apart: Arc<AtomicBool>,
    /// The last item that ended an instance by itself: batches that hold it need not be tried.
    guilty: Option<(u32, PluginFailure)>,
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
            let text = format!("it gave more items than the {count} asked for: {}", items.len());
            return Err(failure(Cause::Contract(text)));
        }
        Ok(items.into_iter().map(Conversation::from).collect())
    }

    /// A batch; where it ends the instance, its items one by one.
    fn batch(&mut self, first: u32, count: u32) -> Result<Vec<Conversation>, PluginFailure> {
        let failure = match self.range(first, count) {
            Err(failure) if is_end(&failure.cause) => failure,
            answer => return answer,
        };
        let items = self.singly(first, count, |this, index| this.range(index, 1))?;
        if !matches!(failure.cause, Cause::Trap(_)) {
            self.apart.store(true, Ordering::Relaxed);
        }
        Ok(items)
    }

    /// An item by itself. What it does to an unused instance is its answer.
    fn one(&mut self, index: u32) -> Result<Vec<Conversation>, PluginFailure> {
        let used = self.instance.is_used();
        match self.range(index, 1) {
            Err(failure) if used && is_end(&failure.cause) => self.range(index, 1),
            answer => answer,
        }
    }

    /// Item by item, until one fails or the dataset ends.
    fn singly(
        &mut self,
        first: u32,
        count: u32,
        make: impl Fn(&mut Self, u32) -> Result<Vec<Conversation>, PluginFailure>,
    ) -> Result<Vec<Conversation>, PluginFailure> {
        let mut items = Vec::with_capacity(count as usize);
        for index in first..first.saturating_add(count) {
            match make(self, index) {
                Ok(made) if made.is_empty() => break,
                Ok(made) => items.extend(made),
                Err(failure) => {
                    if is_end(&failure.cause) {
                        self.guilty = Some((index, failure.clone()));
                    }
                    return Err(failure);
                }
            }
        }
        Ok(items)
    }
}

/// Whether it ended the instance; anything else is an answer.
fn is_end(cause: &Cause) -> bool {
    matches!(cause, Cause::Trap(_) | Cause::TimeLimit(_) | Cause::MemoryLimit(_))
}

impl Dataset for OneThread {
    fn size(&mut self) -> Result<Option<u32>, PluginFailure> {
        let answer = self.instance.call("size", |live| live.guest.call_size(&mut live.store))?;
        answer.map_err(|fault| self.instance.recipe.failure("size", Cause::Fault(fault.into())))
    }

    fn generate(&mut self, first: u32, count: u32) -> Result<Vec<Conversation>, PluginFailure> {
        match &self.guilty {
            Some((index, failure)) if (first..first.saturating_add(count)).contains(index) => {
                Err(failure.clone())
            }
            _ if count > 1 && !self.apart.load(Ordering::Relaxed) => self.batch(first, count),
            _ => self.singly(first, count, Self::one),
        }
    }
}
