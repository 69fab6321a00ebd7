//! The exporter `clearml`: results as tasks of ClearML, on a server or in zips that
//! `Task.import_offline_session` takes.
//!
//! [`exporter`] makes tasks, events and artifacts of what the host gives it, and hands them to one of
//! two destinations: [`online`], which speaks to a server through [`client`], and [`offline`], which
//! writes files and packs them by [`zip`].

mod artifact;
mod charts;
mod client;
mod destination;
mod events;
mod exporter;
mod failure;
mod offline;
mod online;
mod settings;
mod state;
mod task;
mod zip;

pub use exporter::ClearMl;

loadwright_plugin::exporter!(ClearMl, "manifest.json");

#[cfg(test)]
mod fake;
