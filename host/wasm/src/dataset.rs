//! The core's dataset port over a component.

use crate::batch::{Answers, Batched};
use crate::bindings::bulk::exports::loadwright::plugin::dataset as contract;
use crate::bindings::bulk::loadwright::plugin::types::Fault as GuestFault;
use crate::call::Call;
use crate::convert;
use crate::dataset_index;
use crate::exports::DatasetExports;
use crate::files::FileSet;
use crate::instance::{Instance, InstanceFactory, Live};
use loadwright_core::conversation::Conversation;
use loadwright_core::ports::{Cause, Dataset, DatasetFactory, DatasetProperties, PluginFailure};
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// Makes instances of one configured dataset.
pub(crate) struct WasmDataset(Arc<InstanceFactory<DatasetExports>>);

impl WasmDataset {
    /// Configures the plugin once, so that settings it refuses are an error before the run.
    ///
    /// # Errors
    /// The plugin refused its settings or failed.
    pub(crate) fn new(factory: InstanceFactory<DatasetExports>) -> Result<Self, PluginFailure> {
        let factory = Arc::new(factory.prepared_by(dataset_index::prepare));
        Instance::new(Arc::clone(&factory))?;
        Ok(Self(factory))
    }
}

impl DatasetFactory for WasmDataset {
    fn instance(&self) -> Result<Box<dyn Dataset>, PluginFailure> {
        Ok(Box::new(DatasetWorker(Instance::new(Arc::clone(&self.0))?)))
    }

    fn restarts(&self) -> u32 {
        self.0.losses.instances()
    }

    fn inexact_prompts(&self) -> u64 {
        self.0.services.inexact.load(Ordering::Relaxed)
    }
}

struct DatasetWorker(Instance<DatasetExports>);

/// The export `generate`.
struct Generate<'a>(&'a FileSet);

impl Batched<DatasetExports> for Generate<'_> {
    type Item = u32;
    type Answer = Conversation;

    const EXPORT: &'static str = "generate";
    const IS_DATASET: bool = true;

    fn number(item: &u32) -> u32 {
        *item
    }

    fn run(
        &self,
        live: &mut Live<DatasetExports>,
        items: &[u32],
    ) -> wasmtime::Result<Answers<Conversation>> {
        let first = items.first().copied().unwrap_or_default();
        let count = u32::try_from(items.len())?;
        let items = match live.guest.dataset.call_generate(&mut live.store, first, count)? {
            Ok(items) => items,
            Err(fault) => return Ok(Err(Cause::Fault(fault.into()))),
        };
        Ok(Ok(items.into_iter().map(|item| converted(item, self.0)).collect()))
    }
}

fn converted(
    item: Result<contract::Conversation, GuestFault>,
    files: &FileSet,
) -> Result<Conversation, Cause> {
    let item = item.map_err(|fault| Cause::Fault(fault.into()))?;
    convert::conversation(item, files).map_err(|invalid| Cause::Contract(invalid.to_string()))
}

impl Dataset for DatasetWorker {
    fn properties(&mut self) -> Result<DatasetProperties, PluginFailure> {
        const CALL: Call = Call::of("properties");
        let Self(instance) = self;
        let answer =
            instance.call(CALL, |live| live.guest.dataset.call_properties(&mut live.store))?;
        let failure = |cause| instance.factory.failure(CALL, cause);
        let found = answer.map_err(|fault| failure(Cause::Fault(fault.into())))?;
        let contract::DatasetProperties { items, turns, timed, extra } = found;
        convert::no_members(&extra, "the properties")
            .map_err(|invalid| failure(Cause::Contract(invalid.to_string())))?;
        Ok(DatasetProperties { items, turns, timed })
    }

    fn generate(
        &mut self,
        first: u32,
        count: u32,
    ) -> Result<Vec<Result<Conversation, PluginFailure>>, PluginFailure> {
        let Self(instance) = self;
        let services = Arc::clone(&instance.factory.services);
        let items: Vec<u32> = (first..first.saturating_add(count)).collect();
        let outcomes = instance.batch(&Generate(&services.files), &items);
        match outcomes.last() {
            Some(Err(failure)) if failure.cause == Cause::Stopped => Err(failure.clone()),
            _ => Ok(outcomes),
        }
    }
}
