//! How replies are received: what the API plugin's reading plan says of it.

use crate::exchange::framing::marks::EndMarks;
use loadwright_core::reading::{NextMessage, PlanFraming, ReadingPlan};

/// How replies are received.
#[derive(Debug, Default)]
pub(crate) struct Receiving {
    /// Frames may be sent on before the reply ends: there is a reading plan.
    pub(crate) incremental: bool,
    /// A reply that another turn follows goes to `decode` as a whole.
    pub(crate) decodes_next: bool,
    pub(crate) framing: PlanFraming,
    /// The names of server-sent events are kept, as the plan depends on them.
    pub(crate) event_names: bool,
    /// What marks the end of a reply.
    pub(crate) marks: EndMarks,
}

impl Receiving {
    /// By `plan`; without one, all replies go to `decode`.
    pub(crate) fn by(plan: Option<&ReadingPlan>) -> Self {
        Self {
            incremental: plan.is_some(),
            decodes_next: plan.is_none_or(|plan| plan.next == NextMessage::Decode),
            framing: plan.map(|plan| plan.framing).unwrap_or_default(),
            event_names: plan.is_some_and(ReadingPlan::uses_event_names),
            marks: EndMarks::of(plan),
        }
    }
}
