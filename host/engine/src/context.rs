//! State that the stages of a point share, whichever thread they run on. What only one stage needs
//! is not here.

pub(crate) mod backoff;
pub(crate) mod budget;
pub(crate) mod control;
pub(crate) mod gauges;
pub(crate) mod lifecycle;
pub(crate) mod reachability;
pub(crate) mod timers;

use budget::Budget;
use control::Control;
use gauges::Gauges;
use lifecycle::Lifecycle;
use loadwright_core::plan::Plan;
use loadwright_core::ports::{ApiFactory, DatasetFactory, DatasetProperties, Tokenizer};
use std::sync::Arc;
use timers::Timers;

/// The plugins of a point.
#[derive(Clone)]
pub struct Ports {
    /// Generates conversations.
    pub dataset: Arc<dyn DatasetFactory>,
    /// Formats requests and says how replies are read.
    pub api: Arc<dyn ApiFactory>,
    /// Counts tokens, if the user chose one.
    pub tokenizer: Option<Arc<dyn Tokenizer>>,
}

/// What every stage of a point may use.
pub(crate) struct PointContext {
    pub(crate) plan: Arc<Plan>,
    pub(crate) ports: Ports,
    /// What is known of the dataset as a whole.
    pub(crate) dataset: DatasetProperties,
    pub(crate) control: Control,
    pub(crate) timers: Arc<Timers>,
    pub(crate) gauges: Arc<Gauges>,
    pub(crate) budget: Arc<Budget>,
    pub(crate) lifecycle: Lifecycle,
}
