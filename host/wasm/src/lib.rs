//! Runs WebAssembly components as apis and datasets.
//!
//! A component is read and inspected ([`Plugin::open`]), compiled once per machine, linked once,
//! configured ([`Plugin::api`], [`Plugin::dataset`]) and then instantiated once per thread.
//! Lifetimes, longest first: engine (the process), compiled component (its digest), linked
//! component (the plugin), store with one instance (a thread), call.
//!
//! Nothing here sends, receives or takes a timestamp that is reported: a guest sees bytes that
//! already have their timestamps, and requests wait for their scheduled time elsewhere.
#![deny(unsafe_code)]

mod api;
mod batch;
mod bindings;
mod built_once;
mod bundled;
mod cache;
mod call;
mod call_times;
mod clock;
mod closed_wasi;
mod conventions;
mod convert;
mod dataset;
mod dataset_index;
mod describe;
mod engine;
mod error;
mod exporter;
mod exports;
mod files;
mod formatted;
mod formatting;
#[cfg(any(test, feature = "fuzzing"))]
#[doc(hidden)]
pub mod fuzzing;
mod guest_output;
mod held;
mod host;
mod identity;
mod imports;
mod inspect;
mod instance;
mod invalid;
mod kind;
mod limits;
mod losses;
mod manifest;
mod misfit;
mod pack;
mod plugin;
mod process_limits;
mod resources;
mod rows;
mod seeded;
mod shapes;
mod source;
mod state;
mod trap;
mod wasi;
mod wit;

pub use bundled::{Bundled, bundled};
pub use error::{HostError, LoadError, LoadFault, OpenError, SUPPORTED as CONTRACT_VERSION};
pub use guest_output::{Level, Log};
pub use host::{Host, HostConfig};
pub use identity::{Identity, identify, identify_bundled};
pub use kind::Kind;
pub use manifest::{DATASET_PATH, Manifest};
pub use pack::{Inspection, inspect_source, pack};
pub use plugin::{DatasetServices, Plugin};
pub use source::Source;
pub use wit::CONTRACT;
