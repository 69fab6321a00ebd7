//! The core's dataset port over a component.
//!
//! A batch may exceed a limit that its items, one by one, stay within. A dataset for which that
//! happens is asked for single items from then on, so that the limit costs one instance and not one
//! per batch.

use crate::bindings::bulk::exports::loadwright::plugin::dataset as contract;
use crate::bindings::bulk::loadwright::plugin::types::Fault as GuestFault;
use crate::convert;
use crate::instance::{DatasetExports, Instance, InstanceFactory};
use loadwright_core::conversation::Conversation;
use loadwright_core::ports::{Cause, Dataset, DatasetFactory, DatasetProperties, PluginFailure};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// What comes of one item.
type Item = Result<Conversation, PluginFailure>;

/// Makes instances of one configured dataset.
pub(crate) struct WasmDataset {
    factory: Arc<InstanceFactory<DatasetExports>>,
    /// The instance that was created to check the settings.
    first: Mutex<Option<Instance<DatasetExports>>>,
    /// Whether batches exceed limits that their items stay within.
    item_by_item: Arc<AtomicBool>,
}

impl WasmDataset {
    /// Configures the plugin once, so that settings it refuses are an error before the run.
    ///
    /// # Errors
    /// The plugin refused its settings or failed.
    pub(crate) fn new(factory: InstanceFactory<DatasetExports>) -> Result<Self, PluginFailure> {
        let factory = Arc::new(factory);
        let first = Mutex::new(Some(Instance::new(Arc::clone(&factory))?));
        Ok(Self { factory, first, item_by_item: Arc::default() })
    }
}

impl DatasetFactory for WasmDataset {
    fn instance(&self) -> Result<Box<dyn Dataset>, PluginFailure> {
        let first = self.first.lock().unwrap_or_else(PoisonError::into_inner).take();
        let instance = match first {
            Some(instance) => instance,
            None => Instance::new(Arc::clone(&self.factory))?,
        };
        Ok(Box::new(DatasetWorker {
            instance,
            item_by_item: Arc::clone(&self.item_by_item),
            failed_item: None,
        }))
    }

    fn restarts(&self) -> u32 {
        self.factory.restarts()
    }

    fn inexact_prompts(&self) -> u64 {
        self.factory.services.inexact.load(Ordering::Relaxed)
    }
}

struct DatasetWorker {
    instance: Instance<DatasetExports>,
    item_by_item: Arc<AtomicBool>,
    /// The last item that ended an instance on its own: batches with it are not tried again.
    failed_item: Option<(u32, PluginFailure)>,
}

impl DatasetWorker {
    fn range(&mut self, first: u32, count: u32) -> Result<Vec<Item>, PluginFailure> {
        let name = if count == 1 { format!("generate of item {first}") } else { "generate".into() };
        let answer = self
            .instance
            .call(&name, |live| live.guest.call_generate(&mut live.store, first, count))?;
        let failure = |cause| self.instance.factory.failure(&name, cause);
        let items = answer.map_err(|fault| failure(Cause::Fault(fault.into())))?;
        if items.len() > count as usize {
            let text = format!("it returned {} items, {count} were requested", items.len());
            return Err(failure(Cause::Contract(text)));
        }
        let files = &self.instance.factory.services.files;
        let item = |item: Result<contract::Conversation, GuestFault>| {
            let cause = match item.map(|item| convert::conversation(item, files)) {
                Ok(Ok(conversation)) => return Ok(conversation),
                Ok(Err(invalid)) => Cause::Contract(invalid.to_string()),
                Err(fault) => Cause::Fault(fault.into()),
            };
            Err(failure(cause))
        };
        Ok(items.into_iter().map(item).collect())
    }

    /// A batch; if it ends the instance, its items one by one.
    fn batch(&mut self, first: u32, count: u32) -> Result<Vec<Item>, PluginFailure> {
        let failure = match self.range(first, count) {
            Err(failure) if is_end(&failure.cause) => failure,
            answer => return answer,
        };
        let items = self.one_by_one(first, count, |this, index| this.range(index, 1))?;
        if !matches!(failure.cause, Cause::Trap(_)) {
            self.item_by_item.store(true, Ordering::Relaxed);
        }
        Ok(items)
    }

    /// One item. If it ends an instance that was used before, a fresh one gets a try: its result is
    /// final.
    fn one(&mut self, index: u32) -> Result<Vec<Item>, PluginFailure> {
        let used = self.instance.is_used();
        match self.range(index, 1) {
            Err(failure) if used && is_end(&failure.cause) => self.range(index, 1),
            answer => answer,
        }
    }

    /// Item by item, until one fails or the dataset ends.
    fn one_by_one(
        &mut self,
        first: u32,
        count: u32,
        make: impl Fn(&mut Self, u32) -> Result<Vec<Item>, PluginFailure>,
    ) -> Result<Vec<Item>, PluginFailure> {
        let mut items = Vec::with_capacity(count as usize);
        for index in first..first.saturating_add(count) {
            match make(self, index) {
                Ok(made) if made.is_empty() => break,
                Ok(made) => items.extend(made),
                Err(failure) => {
                    if is_end(&failure.cause) {
                        self.failed_item = Some((index, failure.clone()));
                    }
                    return Err(failure);
                }
            }
        }
        Ok(items)
    }
}

/// Whether the failure ended the instance.
fn is_end(cause: &Cause) -> bool {
    matches!(cause, Cause::Trap(_) | Cause::TimeLimit(_) | Cause::MemoryLimit(_))
}

impl Dataset for DatasetWorker {
    fn properties(&mut self) -> Result<DatasetProperties, PluginFailure> {
        let answer =
            self.instance.call("properties", |live| live.guest.call_properties(&mut live.store))?;
        let failure = |cause| self.instance.factory.failure("properties", cause);
        let found = answer.map_err(|fault| failure(Cause::Fault(fault.into())))?;
        let contract::DatasetProperties { items, turns, timed, extra } = found;
        convert::no_members(&extra, "the properties")
            .map_err(|invalid| failure(Cause::Contract(invalid.to_string())))?;
        Ok(DatasetProperties { items, turns, timed })
    }

    fn generate(&mut self, first: u32, count: u32) -> Result<Vec<Item>, PluginFailure> {
        match &self.failed_item {
            Some((index, failure)) if (first..first.saturating_add(count)).contains(index) => {
                Err(failure.clone())
            }
            _ if count > 1 && !self.item_by_item.load(Ordering::Relaxed) => {
                self.batch(first, count)
            }
            _ => self.one_by_one(first, count, Self::one),
        }
    }
}
