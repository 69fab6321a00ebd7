//! A run on disk: its folder, its files and its records.
//!
//! [`folder`] makes the run's folder and writes files that exist whole or not at all. [`Store`]
//! writes `records.db`, every record and every sample of the engine, on a thread of its own;
//! [`Reader`] gives them back in the order in which they came, so that a report made again from the
//! file is the report of the run. `docs/RECORDS.md` describes the tables for those who query them.
//!
//! Nothing here computes a metric.

#![forbid(unsafe_code)]

mod byte_budget;
mod failure;
pub mod folder;
pub mod format;
pub mod frames;
mod reader;
mod rows;
mod store;
mod writer;

pub use reader::{OpenError, Point, Reader, ReplayError};
pub use store::{Committer, PointSink, Store};

/// Name of the file of records in a run's folder.
pub const RECORDS: &str = "records.db";

#[cfg(test)]
mod arbitrary;
