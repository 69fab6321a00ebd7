//! What an exporter implements, and what the host offers it.

use crate::bindings::exporter::exports::loadwright::plugin::exporter as contract;
use crate::bindings::exporter::loadwright::plugin as import;
use crate::{Fault, Field};

pub use contract::{
    Ack, Bucket, Connect, Distribution, EndReason, Metric, MetricKind, Point, Quantile,
    Request as Record, Row, Run, Summary,
};
pub use import::artifacts::{Algorithm, Entry as Artifact};
pub use import::http::{Keep, Location, Request, Response, Retry, Segment};
pub use import::sqlite::{Statement, Table, Value};

/// Sends results. Calls come in the order begin, (begin_point, progress*, requests*, end_point)*, end.
pub trait Exporter: 'static {
    /// Takes the settings, a JSON object: `settings` has the plugin's own, `secrets` the names of
    /// those that have a value.
    ///
    /// # Errors
    /// [`Fault::Settings`], naming the setting.
    fn configure(settings: &str) -> Result<Self, Fault>
    where
        Self: Sized;

    /// Before the first request of a run: the place to find out that a key is not valid.
    ///
    /// # Errors
    /// The run cannot be sent; it does not start then.
    fn begin(&mut self, run: Run) -> Result<Ack, Fault>;

    /// A point begins.
    ///
    /// # Errors
    /// It could not be sent.
    fn begin_point(&mut self, _point: Point) -> Result<Ack, Fault> {
        Ok(ack())
    }

    /// Rows of a point, about one a second.
    ///
    /// # Errors
    /// They could not be sent.
    fn progress(&mut self, _point: u32, _rows: Vec<Row>) -> Result<Ack, Fault> {
        Ok(ack())
    }

    /// Requests of a point, where the manifest asks for them.
    ///
    /// # Errors
    /// They could not be sent.
    fn requests(&mut self, _point: u32, _requests: Vec<Record>) -> Result<Ack, Fault> {
        Ok(ack())
    }

    /// A point has ended.
    ///
    /// # Errors
    /// It could not be sent.
    fn end_point(&mut self, _point: u32, _summary: Summary) -> Result<Ack, Fault> {
        Ok(ack())
    }

    /// The run has ended, and its files are written.
    ///
    /// # Errors
    /// It could not be sent.
    fn end(&mut self, _end_reason: EndReason) -> Result<Ack, Fault> {
        Ok(ack())
    }
}

/// Everything was sent, and there is nothing to tell.
pub fn ack() -> Ack {
    Ack { state: None, stop: None, links: Vec::new(), losses: Vec::new(), extra: String::new() }
}

impl Request {
    /// Without headers and a body: tried once, for at most 10 seconds, and nothing of the response's body
    /// is wanted.
    pub fn new(method: &str, url: &str) -> Self {
        Self {
            method: method.into(),
            url: url.into(),
            headers: Vec::new(),
            body: Vec::new(),
            gzip: false,
            timeout: 10.0,
            retry: Retry::Never,
            keep: Vec::new(),
            max_bytes: 0,
            extra: String::new(),
        }
    }

    /// With a header more.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push(Field { name: name.into(), value: value.into() });
        self
    }

    /// With this JSON as its body, and the header that says so.
    #[must_use]
    pub fn json(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = vec![Segment::Bytes(body.into())];
        self.header("content-type", "application/json")
    }
}

impl Response {
    /// Whole and without headers: what a test's host answers.
    pub fn new(status: u16, body: Vec<u8>) -> Self {
        Self { status, headers: Vec::new(), body, truncated: false, extra: String::new() }
    }
}

/// What the host offers an exporter. [`Imports`](crate::host::Imports) is the host itself; a test's
/// host has the calls that its plugin makes, and any other panics. A plugin's component imports the
/// interfaces whose calls it makes, no others.
pub trait ExporterHost: 'static {
    /// Seconds since the Unix epoch.
    fn now(&self) -> f64 {
        crate::host::missing(&"now")
    }

    /// Sends requests one after the other. A fault: there was no response, or the host may not send.
    fn send(&self, requests: &[Request]) -> Vec<Result<Response, Fault>> {
        crate::host::missing(&requests)
    }

    /// Writes an artifact whole or not at all.
    ///
    /// # Errors
    /// It may not be written, or cannot.
    fn put(&self, name: &str, content: &[u8]) -> Result<(), Fault> {
        crate::host::missing(&(name, content.len()))
    }

    /// Appends to an artifact. Returns its size after it.
    ///
    /// # Errors
    /// It may not be written, or cannot.
    fn append(&self, name: &str, content: &[u8]) -> Result<f64, Fault> {
        crate::host::missing(&(name, content.len()))
    }

    /// At most `count` bytes of an artifact, or of a file of the run below `results/`.
    ///
    /// # Errors
    /// It is not there, or cannot be read.
    fn read(&self, name: &str, offset: f64, count: u32) -> Result<Vec<u8>, Fault> {
        crate::host::missing(&(name, offset, count))
    }

    /// Files below a folder of artifacts, of all depths, sorted by name.
    ///
    /// # Errors
    /// It cannot be read.
    fn entries(&self, folder: &str) -> Result<Vec<Artifact>, Fault> {
        crate::host::missing(&folder)
    }

    /// The checksum of an artifact.
    ///
    /// # Errors
    /// It is not there, or cannot be read.
    fn digest(&self, name: &str, algorithm: Algorithm) -> Result<Vec<u8>, Fault> {
        crate::host::missing(&(name, algorithm))
    }

    /// Executes statements on an SQLite file among the artifacts, in one transaction.
    ///
    /// # Errors
    /// One is refused or fails; none has an effect then.
    fn execute(&self, name: &str, statements: &[Statement]) -> Result<Vec<Table>, Fault> {
        crate::host::missing(&(name, statements.len()))
    }
}

impl ExporterHost for crate::host::Imports {
    fn now(&self) -> f64 {
        import::clock::now()
    }

    fn send(&self, requests: &[Request]) -> Vec<Result<Response, Fault>> {
        import::http::send(requests)
    }

    fn put(&self, name: &str, content: &[u8]) -> Result<(), Fault> {
        import::artifacts::put(name, content)
    }

    fn append(&self, name: &str, content: &[u8]) -> Result<f64, Fault> {
        import::artifacts::append(name, content)
    }

    fn read(&self, name: &str, offset: f64, count: u32) -> Result<Vec<u8>, Fault> {
        import::artifacts::read(name, offset, count)
    }

    fn entries(&self, folder: &str) -> Result<Vec<Artifact>, Fault> {
        import::artifacts::entries(folder)
    }

    fn digest(&self, name: &str, algorithm: Algorithm) -> Result<Vec<u8>, Fault> {
        import::artifacts::digest(name, algorithm)
    }

    fn execute(&self, name: &str, statements: &[Statement]) -> Result<Vec<Table>, Fault> {
        import::sqlite::execute(name, statements)
    }
}

#[cfg(test)]
mod tests;
