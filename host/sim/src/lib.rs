//! A simulated inference server that knows when it really sent each frame.
//!
//! It implements the OpenAI chat and completions endpoints, streaming and not, over HTTP/1.1 written
//! directly on the socket: fault injection needs bytes that no HTTP library would send, and the
//! ground truth needs a timestamp just before each write. A [`Model`] decides when tokens are
//! produced: continuous batching that saturates, a fixed pace, or no pacing at all. A [`Script`] of
//! faults says which requests fail, and how. Every request is recorded as a [`Served`].
//!
//! A [`Server`] runs on its own thread, with its own runtime, and stops when dropped. It does not
//! measure and knows nothing of the load engine.

#![forbid(unsafe_code)]

mod config;
mod connection;
mod fault;
mod http;
mod lateness;
mod listener;
mod listener_control;
mod memory;
mod millis;
mod pacing;
mod prompt;
mod reply;
mod seed;
mod server;
mod service;
mod timer;
mod tls;
mod truth;

pub use config::{Config, Model, Replies, TruthDetail};
pub use fault::{Body, Fault, LineEnd, Rule, Script};
pub use lateness::Lateness;
pub use listener::BoundAddress;
pub use prompt::{Counter, PromptMessage, PromptText, count_words};
pub use server::Server;
pub use truth::{Counts, Served};
