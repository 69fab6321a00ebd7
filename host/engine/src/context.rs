//! What all stages of a point share, whichever thread they run on.

pub(crate) mod budget;
pub(crate) mod control;
pub(crate) mod gauges;
pub(crate) mod point;
pub(crate) mod reachability;
pub(crate) mod timers;

use loadwright_core::ports::{DatasetFactory, ProtocolFactory, Tokenizer};
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
