//! Between the contract's types and the core's: borrowed on the way in, moved on the way out.

mod inbound;
mod outbound;

pub(crate) use outbound::{asks, exchanges};
