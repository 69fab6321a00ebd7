//! A simulated inference server that knows when it really sent each frame.
//!
//! It speaks the OpenAI chat and completions endpoints, streaming and not, over HTTP/1.1 written
//! directly on the socket: faults need bytes that no HTTP library would send, and the truth needs a
//! stamp just before each write. A [`Model`] decides when tokens come: continuous batching with a
//! saturation knee, fixed pacing, or as fast as they can be written. A [`Script`] of faults says
//! which requests go wrong, and how. What happened is kept as [`Served`] records.
//!
//! A [`Server`] runs on a thread of its own, with a runtime of its own, and stops when dropped. It
//! neither measures nor knows the load engine.

#![forbid(unsafe_code)]

mod answer;
mod ask;
pub mod batch;
mod bound;
mod chunks;
mod config;
mod connection;
mod counting;
mod fault;
mod frame;
mod gate;
mod head;
mod http2;
mod lateness;
mod memory;
mod pace;
mod prompt;
mod refusal;
mod schedule;
mod server;
mod service;
mod socket;
mod stream;
mod timer;
mod tls;
mod treatment;
mod truth;
mod welcome;
mod wire;
mod words;

pub use bound::BoundAddress;
pub use config::{Config, Model, Replies, Truth};
pub use fault::{Body, Fault, LineEnd, Rule, Script};
pub use lateness::Lateness;
pub use prompt::{Counter, PromptMessage, PromptText, words};
pub use server::Server;
pub use truth::{Counts, Served};
