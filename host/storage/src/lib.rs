//! A run on disk: its folder, its files and its records.
//!
//! [`folder`] makes the run's folder and writes files that exist whole or not at all. [`Store`]
//! writes `records.db`, every record and every sample of the engine, on a thread of its own;
//! [`Reader`] gives them back in the order in which they came, so that a report made again from the
//! file is the report of the run. `docs/RECORDS.md` describes the tables for those who query them.
//!
//! [`Tail`] gives the same to exporters, behind a cursor and while the run goes on; [`ExportLedger`]
//! keeps how far each of them has come.
//!
//! Nothing here computes a metric.

#![forbid(unsafe_code)]

mod byte_budget;
mod entries;
mod failure;
pub mod folder;
pub mod format;
pub mod frames;
mod ledger;
mod open;
mod reader;
mod rows;
mod run_header;
mod store;
mod tail;
mod writer;

pub use ledger::{ExportLedger, Exporting, MAX_STATE};
pub use open::OpenError;
pub use reader::{Point, Reader, ReplayError};
pub use run_header::{RunHeader, RunPlugin};
pub use store::{Committer, PointSink, Store};
pub use tail::Tail;

/// Name of the file of records in a run's folder.
pub const RECORDS: &str = "records.db";

#[cfg(test)]
mod arbitrary;
