//! Converts between the contract's types and the core's: arguments are borrowed, results moved.

mod conversation;
mod fault;
mod inbound;
mod outbound;
mod plan;
mod reply;
mod request;

pub(crate) use conversation::conversation;
pub(crate) use inbound::{messages, no_members};
pub(crate) use outbound::{Outbound, exchanges};
pub(crate) use plan::reading_plan;
pub(crate) use reply::reply;
pub(crate) use request::formatted;
