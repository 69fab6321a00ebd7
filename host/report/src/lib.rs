//! Summaries rendered as the report's tables, text and JSON.
//!
//! Pure: a summary goes in, a string comes out, the same for the same summary. Where it stops: it
//! computes no metric, reads no file and writes to no terminal.

#![forbid(unsafe_code)]

mod advise;
mod conditions;
mod exported;
mod json;
mod number;
mod point;
mod run_info;
mod style;
mod sweep;
mod table;

pub use exported::{Exported, Traffic};
pub use json::{
    benchmark_args_json, benchmark_percentile_json, benchmark_summary_json, export_json, run_json,
};
pub use point::point_text;
pub use run_info::RunInfo;
pub use style::Style;
pub use sweep::{run_text, sweep_text};

#[cfg(test)]
mod fixture;
