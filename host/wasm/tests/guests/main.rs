//! Guests, good and bad, run through the crate's public face.

mod behaviour;
mod craft;
mod refusals;
mod wasi;
