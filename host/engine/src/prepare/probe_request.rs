//! The request of the connection test: an item of the dataset as the run would send it, with one
//! token of output. It is the item before the run's first, which a run reaches last, if at all: no
//! cache is warm for a request that is measured.

use super::dataset_cursor::{empty, end_before};
use super::request_builder::RequestBuilder;
use crate::context::Ports;
use crate::messages::AttemptId;
use loadwright_core::conversation::Conversation;
use loadwright_core::plan::Plan;
use loadwright_core::ports::{Cause, Dataset, Fault, PluginFailure};
use loadwright_core::request::Request;
use std::sync::Arc;

/// Items that are tried, one before the other: one that cannot be made or formatted fails alone.
const TRIES: u64 = 8;

/// The request of the connection test of a run that begins with item `first_item`.
///
/// # Errors
/// A plugin could not be set up, or none of the items tried could be made and formatted.
pub(crate) fn probe_request(
    plan: &Arc<Plan>,
    first_item: u64,
    ports: &Ports,
) -> Result<Request, PluginFailure> {
    let mut dataset = ports.dataset.instance()?;
    let mut builder = RequestBuilder::new(plan, ports)?;
    // A range of items ends with an index that is one itself.
    let mut size = u64::from(dataset.properties()?.items.unwrap_or(u32::MAX));
    let mut first_failure = None;
    let mut back = 1;
    while back <= TRIES.min(size) {
        let index = (first_item % size + size - back) % size;
        let Some(item) = item(&mut *dataset, index)? else {
            // It has fewer items than it may have.
            (size, back) = (end_before(&mut *dataset, index)?, 1);
            continue;
        };
        let mut requests = builder.first_turns(AttemptId::PROBE, index, vec![item.map(shortened)]);
        match requests.pop().map(|prepared| prepared.request) {
            Some(Ok(request)) => return Ok(request),
            Some(Err(failure)) if concerns_item(&failure.cause) => {
                first_failure.get_or_insert(failure);
            }
            Some(Err(failure)) => return Err(failure),
            None => {}
        }
        back += 1;
    }
    Err(first_failure.unwrap_or_else(empty))
}

/// The item `index`, if there is one.
fn item(dataset: &mut dyn Dataset, index: u64) -> Result<Option<Item>, PluginFailure> {
    match dataset.generate(index as u32, 1) {
        Ok(mut items) => Ok(items.pop()),
        Err(failure) if concerns_item(&failure.cause) => Ok(Some(Err(failure))),
        Err(failure) => Err(failure),
    }
}

/// What comes of one item.
type Item = Result<Conversation, PluginFailure>;

/// The conversation's first turn, with one token of output.
fn shortened(mut conversation: Conversation) -> Conversation {
    conversation.turns.truncate(1);
    for turn in &mut conversation.turns {
        (turn.max_tokens, turn.min_tokens) = (Some(1), None);
    }
    conversation
}

/// Whether another item may succeed.
fn concerns_item(cause: &Cause) -> bool {
    match cause {
        Cause::Fault(
            Fault::Input(_) | Fault::Unsupported(_) | Fault::Transient(_) | Fault::Fatal(_),
        )
        | Cause::Trap(_)
        | Cause::OutputLimit(_)
        | Cause::Contract(_) => true,
        Cause::Fault(Fault::Settings(_))
        | Cause::TimeLimit(_)
        | Cause::HostTimeLimit(_)
        | Cause::MemoryLimit(_)
        | Cause::System(_)
        | Cause::Stopped => false,
    }
}
