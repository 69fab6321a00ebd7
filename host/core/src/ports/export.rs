//! The traits between the exporters' threads, plugins and the store.

use super::{Fault, PluginFailure};
use crate::Nanos;
use crate::export::http::{Algorithm, Artifact, Request, Response, Statement, Table};
use crate::export::{
    Ack, ExportEnd, ExportPoint, ExportRequest, ExportRun, ExportSummary, RequestFilter, Row,
};
use crate::record::Record;
use crate::sample::{PointEnd, Sample};
use std::sync::Arc;

#[cfg(test)]
mod tests;

/// An exporter, used by one thread. Calls come in the order begin, (begin_point, progress*, requests*,
/// end_point)*, end.
pub trait Exporter: Send {
    /// The requests that it wants.
    fn filter(&self) -> RequestFilter;

    /// Whether requests come between rows; false: after the point.
    fn wants_requests_live(&self) -> bool {
        false
    }

    /// Before the first request of a run.
    ///
    /// # Errors
    /// The run cannot be sent; it is stopped before it starts.
    fn begin(&mut self, run: &ExportRun) -> Result<Ack, PluginFailure>;

    /// A point begins.
    ///
    /// # Errors
    /// It could not be sent.
    fn begin_point(&mut self, point: &ExportPoint) -> Result<Ack, PluginFailure>;

    /// Rows of a point, in order.
    ///
    /// # Errors
    /// They could not be sent.
    fn progress(&mut self, point: u32, rows: &[Row]) -> Result<Ack, PluginFailure>;

    /// Requests of a point, in the order of storage.
    ///
    /// # Errors
    /// They could not be sent.
    fn requests(&mut self, point: u32, requests: &[ExportRequest]) -> Result<Ack, PluginFailure>;

    /// Requests of the point that it is in, which an earlier process has sent: what it adds up of the
    /// point, or knows of a conversation, begins with them.
    fn recall(&mut self, _requests: &[ExportRequest]) {}

    /// A point has ended.
    ///
    /// # Errors
    /// It could not be sent.
    fn end_point(&mut self, point: u32, summary: &ExportSummary) -> Result<Ack, PluginFailure>;

    /// The run has ended, and its files are written.
    ///
    /// # Errors
    /// It could not be sent.
    fn end(&mut self, end: ExportEnd) -> Result<Ack, PluginFailure>;

    /// Begins anew after a failure, with the state stored last in `run.resume`.
    ///
    /// # Errors
    /// There is no new instance.
    fn restart(&mut self) -> Result<(), PluginFailure> {
        Ok(())
    }
}

/// What the host offers to one exporter, on its thread.
pub trait ExporterServices: Send {
    /// Seconds since the Unix epoch.
    fn now(&mut self) -> f64;

    /// Sends requests one after the other. A fault: there was no response, or it may not be sent.
    fn send(&mut self, requests: Vec<Request>) -> Vec<Result<Response, Fault>>;

    /// Writes an artifact whole or not at all.
    ///
    /// # Errors
    /// It may not be written, or cannot.
    fn put(&mut self, name: &str, content: &[u8]) -> Result<(), Fault>;

    /// Appends to an artifact. Returns its size after it.
    ///
    /// # Errors
    /// It may not be written, or cannot.
    fn append(&mut self, name: &str, content: &[u8]) -> Result<u64, Fault>;

    /// Cuts an artifact to `size` bytes, where it is longer: what an earlier process wrote of a call that
    /// is made again.
    ///
    /// # Errors
    /// It may not be written, or cannot.
    fn cut(&mut self, name: &str, size: u64) -> Result<(), Fault>;

    /// At most `count` bytes of an artifact from `offset`; fewer at the end.
    ///
    /// # Errors
    /// It may not be read, or cannot.
    fn read(&mut self, name: &str, offset: u64, count: u32) -> Result<Vec<u8>, Fault>;

    /// Artifacts below `folder`, of all depths, sorted by name.
    ///
    /// # Errors
    /// It may not be read, or cannot.
    fn entries(&mut self, folder: &str) -> Result<Vec<Artifact>, Fault>;

    /// The checksum of an artifact.
    ///
    /// # Errors
    /// It may not be read, or cannot.
    fn digest(&mut self, name: &str, algorithm: Algorithm) -> Result<Vec<u8>, Fault>;

    /// Executes statements on the SQLite file `name` in one transaction.
    ///
    /// # Errors
    /// One is refused or fails; none has an effect then.
    fn sqlite(&mut self, name: &str, statements: &[Statement]) -> Result<Vec<Table>, Fault>;

    /// `text` with the values of secrets and kept values masked: for whatever a guest says.
    fn masked(&self, text: &str) -> String;
}

/// A run as it is stored, read while it goes on or later.
pub trait RunSource: Send {
    /// What is stored behind `cursor`, in stored order, at most `count` entries; none: nothing yet.
    ///
    /// # Errors
    /// The store cannot be read.
    fn next(&mut self, cursor: u64, count: usize) -> Result<Vec<Entry>, String>;

    /// The point `index`; none: it has not begun.
    ///
    /// # Errors
    /// The store cannot be read.
    fn point(&mut self, index: u32) -> Result<Option<StoredPoint>, String>;

    /// The number of records behind `cursor`.
    ///
    /// # Errors
    /// The store cannot be read.
    fn records_behind(&mut self, cursor: u64) -> Result<u64, String>;
}

/// One entry of the store.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// Its id: increases by one with every record and every sample of the run.
    pub id: u64,
    /// The point that it belongs to.
    pub point: u32,
    /// What it is.
    pub kind: EntryKind,
}

/// What an entry of the store is.
#[derive(Debug, Clone, PartialEq)]
pub enum EntryKind {
    /// An attempt.
    Record(Arc<Record>),
    /// The engine's own state.
    Sample(Sample),
}

/// A point as it is stored.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredPoint {
    /// Its plan.
    pub plan: Arc<crate::plan::Plan>,
    /// The wall clock at zero of its clock, in nanoseconds since the Unix epoch.
    pub wall_at_origin: u64,
    /// When it began: zero of the clock that exporters are given.
    pub begun: Nanos,
    /// Its first id.
    pub first_id: u64,
    /// How it ended, and the last of its ids; none: it goes on, or was cut off.
    pub end: Option<(PointEnd, u64)>,
}

impl StoredPoint {
    /// The point as exporters are told of it.
    pub fn export(&self) -> ExportPoint {
        let settings = serde_json::Value::Object(self.plan.settings.clone());
        ExportPoint {
            index: self.plan.index,
            name: self.plan.name.clone(),
            origin: (u128::from(self.wall_at_origin) + u128::from(self.begun)) as f64 / 1e9,
            zero: self.begun,
            settings: settings.to_string(),
            choices: self.plan.request.choices,
        }
    }
}

/// How far a run was sent by one exporter, kept beside the run.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Progress {
    /// The last id whose rows were sent.
    pub cursor: u64,
    /// The last id whose request was sent.
    pub requests: u64,
    /// The point that the exporter is in, or has ended last.
    pub point: u32,
    /// Whether that point has ended for it.
    pub point_ended: bool,
    /// The exporter's own state.
    pub state: String,
    /// How sending ended; empty: it goes on, or was cut off.
    pub ending: String,
    /// Where to look.
    pub links: Vec<String>,
    /// What could not be sent.
    pub losses: Vec<String>,
}

/// Keeps how far an exporter has come.
pub trait Ledger: Send {
    /// How far it had come; the default where it never ran.
    ///
    /// # Errors
    /// The store cannot be read.
    fn load(&mut self) -> Result<Progress, String>;

    /// Stores it, in one transaction.
    ///
    /// # Errors
    /// The store cannot be written.
    fn save(&mut self, progress: &Progress) -> Result<(), String>;
}
