//! Prepares requests ahead of their slots: generates the dataset's items and formats them.
//!
//! Preparers run on threads of their own with plugin instances of their own, so that no plugin code
//! runs between a scheduled time and its send.

mod batch_size;
pub(crate) mod dataset_cursor;
pub(crate) mod heads;
pub(crate) mod probe_request;
pub(crate) mod request_builder;
mod token_ids;

use crate::context::PointContext;
use crate::context::gauges::Gauges;
use crate::error::EngineError;
use crate::schedule::ready_queue::ReadyQueue;
use batch_size::BatchSize;
use dataset_cursor::DatasetCursor;
use loadwright_core::ports::{Cause, DatasetFactory, DatasetProperties, PluginFailure};
use loadwright_timing::clock;
use request_builder::RequestBuilder;

/// Prepares requests on one thread.
pub(crate) struct Preparer<'a> {
    pub(crate) context: &'a PointContext,
    pub(crate) cursor: &'a DatasetCursor,
    pub(crate) queue: &'a ReadyQueue,
    /// The dataset item that slot 0 carries.
    pub(crate) first_item: u64,
}

impl Preparer<'_> {
    /// Prepares requests until the queue wants no more.
    ///
    /// # Errors
    /// A plugin could not be set up.
    pub(crate) fn run(&self) -> Result<(), EngineError> {
        match self.prepare_all() {
            // A stop that the user asked for is not a failure.
            Err(failure) if failure.cause == Cause::Stopped => Ok(()),
            result => Ok(result?),
        }
    }

    fn prepare_all(&self) -> Result<(), PluginFailure> {
        let PointContext { plan, ports, control, gauges, .. } = self.context;
        let mut dataset = ports.dataset.instance()?;
        let mut builder = RequestBuilder::new(plan, ports)?;
        let mut size = BatchSize::default();
        while let Some(slots) = self.queue.claim(size.items()) {
            let items = self.first_item + slots.start..self.first_item + slots.end;
            let (first_slot, first_item) = (slots.start, items.start);
            let start = clock::now();
            let conversations = self.cursor.generate(dataset.as_mut(), items, control);
            let generated = clock::now();
            Gauges::add_since(&gauges.generate, start);
            if control.stop.draining() {
                // The dataset may have given up on these items, and no thread takes them.
                break;
            }
            let end = first_slot + conversations.len() as u64;
            if end < slots.end {
                self.queue.end_at(end);
            }
            let batch = builder.first_turns(first_slot, first_item, conversations);
            Gauges::add_since(&gauges.format, generated);
            size.took(slots.end - first_slot, (generated - start).max(clock::now() - generated));
            if !self.queue.put(first_slot, batch) {
                break;
            }
        }
        Ok(())
    }
}

/// What is known of a dataset as a whole, once per point; nothing if the run was stopped before it
/// said so.
///
/// # Errors
/// The dataset failed.
pub(crate) fn properties_of(
    dataset: &dyn DatasetFactory,
) -> Result<DatasetProperties, PluginFailure> {
    match dataset.instance().and_then(|mut dataset| dataset.properties()) {
        Err(failure) if failure.cause == Cause::Stopped => Ok(DatasetProperties::default()),
        properties => properties,
    }
}
