//! When the tokens of a reply are produced. What they say, and how they are sent, is decided elsewhere.

pub(crate) mod batch;
pub(crate) mod pace;
pub(crate) mod scheduler;
