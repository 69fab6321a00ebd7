//! The exporter `wandb`: sends a run to Weights & Biases, or keeps it in a folder that `wandb sync`
//! takes.
//!
//! Each point of a sweep is a run there: a line of history a row, with the time as x axis; a summary,
//! a table of percentiles and histograms once the point has ended.

mod client;
mod closing;
mod console;
mod description;
mod exporter;
#[cfg(test)]
mod fixture;
mod graphql;
mod history;
mod naming;
mod offline;
mod online;
mod record;
mod settings;
mod state;
mod stream;
mod table;

pub use exporter::Wandb;

loadwright_plugin::exporter!(Wandb, "manifest.json");
