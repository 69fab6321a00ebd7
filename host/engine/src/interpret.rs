//! Turns replies into records, on threads of their own, after every timestamp was taken.

pub(crate) mod classify;
pub(crate) mod decode;
pub(crate) mod interpreter;
pub(crate) mod queue;
pub mod reading;
