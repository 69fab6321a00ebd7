//! Guests, good and bad, run through the crate's public interface.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "../../../../tests/museum/archive.rs"]
mod archive;
mod behaviour;
mod bundled;
mod exporters;
mod harness;
mod index;
mod limits;
mod long_runs;
mod museum;
mod refusals;
mod shapes;
mod stop;
mod wasi;
