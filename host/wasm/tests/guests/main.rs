//! Guests, good and bad, run through the crate's public face.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod behaviour;
mod bundled;
mod craft;
mod refusals;
mod stop;
mod wasi;
