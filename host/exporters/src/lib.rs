//! Sends results: a thread an exporter, which reads the run from its store; what exporters may reach
//! over HTTP and on disk; and OTLP. Nothing here computes a metric.

#![forbid(unsafe_code)]

mod address;
mod artifacts;
mod clock;
mod deadline;
mod driver;
mod grants;
mod http;
pub mod otlp;
mod secrets;
mod services;
mod sources;
mod sqlite;
mod usage;

pub use artifacts::Quota;
pub use deadline::{Deadline, Over};
pub use driver::{
    ExportOutcome, ExportWhen, Exports, Job, MakeDocuments, Notice, RunWatch, StartError, Tell,
    Unsent,
};
pub use grants::{Grant, Grants, setting_of};
pub use http::{Lookup, Network, Pace, Proxies, SystemLookup};
pub use secrets::Secret;
pub use services::{Config, Services};
pub use sources::{Environment, Known, Origin, Resolved, resolve_sources};
pub use usage::{Usage, Used};
