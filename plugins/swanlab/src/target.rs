//! Where experiments go: a server, a file for `swanlab sync`, or the folder of the local dashboard.

use crate::model::{Batch, Experiment, Finish};
use loadwright_plugin::Fault;
use std::collections::BTreeMap;

/// What was refused, and how much of it: for losses, which are told once a point.
pub(crate) type Refused = BTreeMap<String, u64>;

/// One way to keep experiments, one at a time. Every call may be repeated with what it was given
/// before.
pub(crate) trait Target: std::fmt::Debug {
    /// Before the first request of a run.
    fn begin(&mut self) -> Result<(), Fault>;

    /// Opens an experiment. `place` is what [`place`](Self::place) last gave for it, if it was open
    /// before. Returns where to look.
    fn open(&mut self, experiment: &Experiment, place: &str) -> Result<Option<String>, Fault>;

    /// Adds to the experiment that is open.
    fn write(&mut self, batch: &Batch) -> Result<Refused, Fault>;

    /// Ends the experiment that is open.
    fn finish(&mut self, finish: &Finish) -> Result<(), Fault>;

    /// What another instance needs to go on.
    fn place(&self) -> String;
}

/// Keeps nothing.
#[derive(Debug)]
pub(crate) struct Nowhere;

impl Target for Nowhere {
    fn begin(&mut self) -> Result<(), Fault> {
        Ok(())
    }

    fn open(&mut self, _: &Experiment, _: &str) -> Result<Option<String>, Fault> {
        Ok(None)
    }

    fn write(&mut self, _: &Batch) -> Result<Refused, Fault> {
        Ok(Refused::new())
    }

    fn finish(&mut self, _: &Finish) -> Result<(), Fault> {
        Ok(())
    }

    fn place(&self) -> String {
        String::new()
    }
}
