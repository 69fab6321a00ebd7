//! Guests, good and bad, run through the crate's public interface.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod behaviour;
mod bundled;
mod harness;
mod index;
mod limits;
mod refusals;
mod shapes;
mod stop;
mod wasi;
