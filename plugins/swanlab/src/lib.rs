//! The exporter `swanlab`: a run as experiments of SwanLab, one a point, grouped by the sweep. They go
//! to its cloud or a server of the user's own, to files that `swanlab sync` takes, or to the folder of
//! the local dashboard, which `swanlab watch` shows.
//!
//! [`content`] says what an experiment shows, [`exporter`] when it begins and ends, and each
//! [`target`] how it is kept.

mod board;
mod content;
mod exporter;
#[cfg(test)]
mod fake;
mod limits;
mod model;
mod offline;
mod online;
mod settings;
mod state;
mod target;

use board::Board;
use exporter::Calls;
use loadwright_plugin::host::Imports;
use loadwright_plugin::{Ack, EndReason, Exporter, Fault, Point, Row, Run, Summary};
use offline::Offline;
use online::Online;
use settings::{Mode, Settings};
use target::{Nowhere, Target};

/// The exporter, with the host that runs it.
#[derive(Debug)]
pub struct SwanLab(Calls<Imports>);

impl Exporter for SwanLab {
    fn configure(settings: &str) -> Result<Self, Fault> {
        let settings = Settings::read(settings)?;
        let target: Box<dyn Target> = match settings.mode {
            Mode::Online => Box::new(Online::new(Imports, settings.clone())),
            Mode::Offline => Box::new(Offline::new(Imports, settings.clone())),
            Mode::Local => Box::new(Board::new(Imports, settings.clone())),
            Mode::Disabled => Box::new(Nowhere),
        };
        Ok(Self(Calls::new(Imports, settings, target)))
    }

    fn begin(&mut self, run: Run) -> Result<Ack, Fault> {
        self.0.begin(run)
    }

    fn begin_point(&mut self, point: Point) -> Result<Ack, Fault> {
        self.0.begin_point(&point)
    }

    fn progress(&mut self, _: u32, rows: Vec<Row>) -> Result<Ack, Fault> {
        self.0.progress(&rows)
    }

    fn end_point(&mut self, _: u32, summary: Summary) -> Result<Ack, Fault> {
        self.0.end_point(&summary)
    }

    fn end(&mut self, _: EndReason) -> Result<Ack, Fault> {
        self.0.end()
    }
}

loadwright_plugin::exporter!(SwanLab, "manifest.json");
