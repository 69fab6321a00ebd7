//! What several exporters write: chunked logs, times of day, histograms, names.

pub mod artifact;
pub mod histogram;
pub mod log;
pub mod text;
pub mod time;
