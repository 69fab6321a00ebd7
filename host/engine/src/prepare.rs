//! Requests ahead of their slot: the dataset's items, formatted, with their media in place.
//!
//! Makers run on plain threads, each with instances of its own; none of them stands between a slot
//! and its request.

mod former;
mod ids;

use crate::EngineError;
use crate::control::Control;
use crate::dispense::Dispenser;
use crate::gauges::Gauges;
use crate::items::Items;
pub(crate) use former::{Former, check};
use loadwright_core::conversation::{Content, Message, Prompt, Turn};
use loadwright_core::plan::Plan;
use loadwright_core::ports::{Cause, DatasetFactory, PluginFailure, ProtocolFactory, Tokenizer};
use loadwright_core::request::Request;
use std::sync::Arc;

/// What a point needs from plugins.
#[derive(Clone)]
pub struct Ports {
    /// Makes conversations.
    pub dataset: Arc<dyn DatasetFactory>,
    /// Formats requests and says how replies are read.
    pub protocol: Arc<dyn ProtocolFactory>,
    /// Counts tokens, where the user chose one.
    pub tokenizer: Option<Arc<dyn Tokenizer>>,
}

/// A request that waits for its slot.
pub(crate) struct Prepared {
    pub(crate) seq: u64,
    /// The request, or why there is none.
    pub(crate) request: Result<Request, PluginFailure>,
    pub(crate) job: Job,
}

/// What is known of a turn beside its request; follows it through the engine.
#[derive(Debug, Default)]
pub(crate) struct Job {
    /// The conversation's name.
    pub(crate) conversation: String,
    /// Tokens of the prompt, where the dataset knows.
    pub(crate) input_tokens: Option<u32>,
    /// The prompt, kept where nobody but the tokenizer may know its tokens.
    pub(crate) prompt: Option<Prompt>,
    /// The conversation, where turns are to come.
    pub(crate) talk: Option<Box<Talk>>,
}

/// A conversation under way.
#[derive(Debug, Default)]
pub(crate) struct Talk {
    /// Which item it is.
    pub(crate) item: u64,
    /// What was said, the present turn's prompt included.
    pub(crate) history: Vec<Message>,
    /// The media of it all: slots of one ask are unique.
    pub(crate) media: Vec<Content>,
    /// The turns to come.
    pub(crate) turns: std::vec::IntoIter<Turn>,
}

impl Prepared {
    /// Bytes that it holds.
    pub(crate) fn bytes(&self) -> usize {
        self.request.as_ref().map_or(0, |request| request.body.len())
    }
}

/// Items made and formatted in one go, at most.
const BATCH: u64 = 32;

/// Makes requests until the dispenser wants no more.
///
/// # Errors
/// A plugin could not be set up.
pub(crate) fn make(
    plan: &Plan,
    ports: &Ports,
    (items, dispenser, gauges): (&Items, &Dispenser, &Gauges),
    control: &Control,
) -> Result<(), EngineError> {
    match make_all(plan, ports, (items, dispenser, gauges), control) {
        // The user's wish is no failure.
        Err(EngineError::Plugin(failure)) if failure.cause == Cause::Stopped => Ok(()),
        made => made,
    }
}

fn make_all(
    plan: &Plan,
    ports: &Ports,
    (items, dispenser, gauges): (&Items, &Dispenser, &Gauges),
    control: &Control,
) -> Result<(), EngineError> {
    let mut dataset = ports.dataset.instance()?;
    let mut former = Former::new(plan, ports)?;
    while let Some((first, count)) = dispenser.claim(BATCH) {
        let start = loadwright_timing::clock::now();
        let range = (plan.first_item + first, count);
        let conversations = items.generate(dataset.as_mut(), range, control);
        Gauges::spent(&gauges.generate, start);
        if control.stop.draining() {
            // What was made meanwhile may have been given up, and nobody takes it.
            break;
        }
        let start = loadwright_timing::clock::now();
        let batch = former.batch(first, plan.first_item + first, conversations);
        Gauges::spent(&gauges.format, start);
        if !dispenser.put(first, batch) {
            break;
        }
    }
    Ok(())
}

/// A dataset's factory is asked for its size once; it is not known where the run was stopped before.
///
/// # Errors
/// The dataset failed.
pub(crate) fn size_of(dataset: &dyn DatasetFactory) -> Result<Option<u64>, PluginFailure> {
    match dataset.instance().and_then(|mut dataset| dataset.size()) {
        Err(failure) if failure.cause == Cause::Stopped => Ok(None),
        size => Ok(size?.map(u64::from)),
    }
}

/// Whether replies go to `decode`.
pub(crate) fn decodes(protocol: &dyn ProtocolFactory) -> bool {
    protocol.plan().is_none()
}
