//! The types of Loadwright and the arithmetic behind its metrics.
//!
//! Everything here is pure: no socket, no clock, no plugin runtime, no terminal. A [`plan::Plan`]
//! says what a sweep point does; [`arrival`] turns its load into scheduled times; the engine makes a
//! [`record::Record`] of each attempt at a request; [`summary`] folds records into the [`metrics`] and
//! [`totals`] of the point, [`interval`] into the rows that exporters are given; [`checks`] say how far
//! to trust them; [`sweep`] compares the points of a run, and [`condition`]s hold them against limits.
//! [`ports`] are the traits between the engine and plugins, tokenizers and sinks.

pub mod arrival;
pub mod checks;
pub mod condition;
pub mod conversation;
pub mod export;
pub mod export_summary;
pub mod foreign;
pub mod head;
pub mod interval;
pub mod labels;
pub mod manifest;
pub mod metrics;
pub mod outcome;
pub mod percentile;
pub mod plan;
pub mod ports;
pub mod reading;
pub mod record;
pub mod request;
pub mod sample;
pub mod secret;
pub mod service;
pub mod setting;
pub mod stop;
pub mod summary;
pub mod sweep;
#[doc(hidden)]
pub mod testkit;
pub mod timeline;
pub mod totals;
pub mod trace;
pub mod turn_order;
pub mod words;

/// Nanoseconds on the run's monotonic clock, zero at the run's start; also a span in nanoseconds.
pub type Nanos = u64;

/// Nanoseconds in a second.
pub const SECOND: Nanos = 1_000_000_000;
