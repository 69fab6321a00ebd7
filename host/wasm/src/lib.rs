//! Runs WebAssembly components as protocols and datasets.
//!
//! A component is read and diagnosed ([`Plugin::open`]), compiled once for a machine, linked once,
//! configured ([`Plugin::protocol`], [`Plugin::dataset`]) and then given one instance per thread.
//! Lifetimes, longest first: engine (the process), compiled component (its digest), linked
//! component (the plugin), store with one instance (a thread), call.
//!
//! Nothing here sends, receives or takes a time that is reported: a guest sees bytes that were
//! stamped already, and what it makes waits for its slot elsewhere.
#![deny(unsafe_code)]

mod bindings;
mod bundled;
mod cache;
mod clock;
mod closed_wasi;
mod console;
mod convert;
mod dataset;
mod diagnose;
mod engine;
mod error;
mod files;
mod host;
mod identity;
mod imports;
mod instance;
mod kind;
mod limits;
mod manifest;
mod plugin;
mod protocol;
mod seeded;
mod source;
mod state;
mod trap;
mod wasi;

pub use bundled::{Bundled, bundled};
pub use console::{Level, Log};
pub use error::{LoadError, LoadFault, OpenError};
pub use host::{Host, HostConfig, HostError};
pub use identity::{Identity, identify};
pub use kind::Kind;
pub use manifest::Manifest;
pub use plugin::{DatasetServices, Plugin};
pub use source::Source;
