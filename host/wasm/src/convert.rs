//! Converts between the contract's types and the core's: arguments are borrowed, results moved.

mod inbound;
mod outbound;

pub(crate) use outbound::{exchanges, prompt_requests};
