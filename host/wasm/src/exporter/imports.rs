//! What exporters import: the time of day, HTTP, files and tables, from the services of their run.
//!
//! Time spent here does not count against the guest's limit: the services have limits of their own.

use crate::bindings::export::loadwright::plugin::types::{self, Fault, Field};
use crate::bindings::export::loadwright::plugin::{artifacts, clock, http, sqlite};
use crate::state::State;
use loadwright_core::export::http as core;
use loadwright_core::ports::{self, ExporterServices};
use wasmtime::component::{HasSelf, Linker};

/// Adds the interfaces to `linker`.
///
/// # Errors
/// An interface was added before.
pub(crate) fn add_to_linker(linker: &mut Linker<State>) -> wasmtime::Result<()> {
    clock::add_to_linker::<_, HasSelf<State>>(linker, |state| state)?;
    http::add_to_linker::<_, HasSelf<State>>(linker, |state| state)?;
    artifacts::add_to_linker::<_, HasSelf<State>>(linker, |state| state)?;
    sqlite::add_to_linker::<_, HasSelf<State>>(linker, |state| state)
}

impl State {
    /// Does `work` with the exporter's services.
    fn serve<T>(
        &mut self,
        work: impl FnOnce(&mut dyn ExporterServices) -> Result<T, ports::Fault>,
    ) -> wasmtime::Result<Result<T, Fault>> {
        self.for_exporter(|state| {
            let Some(services) = state.services.exporter.clone() else {
                let text = "the host offers this only while a run is sent".to_owned();
                return Err(Fault::Unsupported(text));
            };
            work(services.lock().as_mut()).map_err(Fault::from)
        })
    }
}

impl types::Host for State {}

impl clock::Host for State {
    fn now(&mut self) -> wasmtime::Result<f64> {
        let now = self.serve(|services| Ok(services.now()))?;
        Ok(now.unwrap_or_default())
    }
}

impl http::Host for State {
    fn send(
        &mut self,
        requests: Vec<http::Request>,
    ) -> wasmtime::Result<Vec<Result<http::Response, Fault>>> {
        let count = requests.len();
        let requests = requests.into_iter().map(request).collect();
        let sent = self.serve(|services| Ok(services.send(requests)))?;
        Ok(match sent {
            Ok(responses) => {
                responses.into_iter().map(|it| it.map(response).map_err(Fault::from)).collect()
            }
            Err(fault) => vec![Err(fault); count],
        })
    }
}

pub(crate) fn request(request: http::Request) -> core::Request {
    core::Request {
        method: request.method,
        url: request.url,
        headers: request.headers.into_iter().map(|field| (field.name, field.value)).collect(),
        body: request.body.into_iter().map(segment).collect(),
        gzip: request.gzip,
        timeout: request.timeout,
        retry: match request.retry {
            http::Retry::Never => core::Retry::Never,
            http::Retry::Unsent => core::Retry::Unsent,
            http::Retry::Always => core::Retry::Always,
        },
        keep: request.keep.into_iter().map(keep).collect(),
        max_bytes: request.max_bytes,
    }
}

fn segment(segment: http::Segment) -> core::Segment {
    match segment {
        http::Segment::Bytes(bytes) => core::Segment::Bytes(bytes),
        http::Segment::Artifact(name) => core::Segment::Artifact(name),
        http::Segment::Kept(name) => core::Segment::Kept(name),
    }
}

fn keep(keep: http::Keep) -> core::Keep {
    let at = match keep.at {
        http::Location::Pointer(at) => core::Location::Pointer(at),
        http::Location::Header(name) => core::Location::Header(name),
        http::Location::Cookie(name) => core::Location::Cookie(name),
    };
    core::Keep { at, name: keep.name }
}

fn response(response: core::Response) -> http::Response {
    let field = |(name, value)| Field { name, value };
    http::Response {
        status: response.status,
        headers: response.headers.into_iter().map(field).collect(),
        body: response.body,
        truncated: response.truncated,
        extra: String::new(),
    }
}

impl artifacts::Host for State {
    fn put(&mut self, name: String, content: Vec<u8>) -> wasmtime::Result<Result<(), Fault>> {
        self.serve(|services| services.put(&name, &content))
    }

    fn append(&mut self, name: String, content: Vec<u8>) -> wasmtime::Result<Result<f64, Fault>> {
        let size = self.serve(|services| services.append(&name, &content))?;
        Ok(size.map(|size| size as f64))
    }

    fn read(
        &mut self,
        name: String,
        offset: f64,
        count: u32,
    ) -> wasmtime::Result<Result<Vec<u8>, Fault>> {
        if !(offset >= 0.0 && offset.fract() == 0.0 && offset < 2f64.powi(53)) {
            return Ok(Err(Fault::Input(format!("{offset} is not an offset in a file"))));
        }
        self.serve(|services| services.read(&name, offset as u64, count))
    }

    fn entries(
        &mut self,
        folder: String,
    ) -> wasmtime::Result<Result<Vec<artifacts::Entry>, Fault>> {
        let entries = self.serve(|services| services.entries(&folder))?;
        let entry = |it: core::Artifact| artifacts::Entry { name: it.name, size: it.size as f64 };
        Ok(entries.map(|entries| entries.into_iter().map(entry).collect()))
    }

    fn digest(
        &mut self,
        name: String,
        algorithm: artifacts::Algorithm,
    ) -> wasmtime::Result<Result<Vec<u8>, Fault>> {
        let algorithm = match algorithm {
            artifacts::Algorithm::Crc32 => core::Algorithm::Crc32,
            artifacts::Algorithm::Md5 => core::Algorithm::Md5,
            artifacts::Algorithm::Sha256 => core::Algorithm::Sha256,
        };
        self.serve(|services| services.digest(&name, algorithm))
    }
}

impl sqlite::Host for State {
    fn execute(
        &mut self,
        name: String,
        statements: Vec<sqlite::Statement>,
    ) -> wasmtime::Result<Result<Vec<sqlite::Table>, Fault>> {
        let statement = |it: sqlite::Statement| core::Statement {
            sql: it.sql,
            parameters: it.parameters.into_iter().map(parameter).collect(),
        };
        let statements: Vec<_> = statements.into_iter().map(statement).collect();
        let tables = self.serve(|services| services.sqlite(&name, &statements))?;
        Ok(tables.map(|tables| tables.into_iter().map(table).collect()))
    }
}

fn parameter(value: sqlite::Value) -> core::Value {
    match value {
        sqlite::Value::Null => core::Value::Null,
        sqlite::Value::Number(number) => core::Value::Number(number),
        sqlite::Value::Integer(number) => core::Value::Integer(number),
        sqlite::Value::Text(text) => core::Value::Text(text),
        sqlite::Value::Blob(bytes) => core::Value::Blob(bytes),
    }
}

fn table(rows: core::Table) -> sqlite::Table {
    let value = |value: core::Value| match value {
        core::Value::Null => sqlite::Value::Null,
        core::Value::Number(number) => sqlite::Value::Number(number),
        core::Value::Integer(number) => sqlite::Value::Integer(number),
        core::Value::Text(text) => sqlite::Value::Text(text),
        core::Value::Blob(bytes) => sqlite::Value::Blob(bytes),
    };
    let row = |row: Vec<core::Value>| row.into_iter().map(value).collect();
    sqlite::Table { rows: rows.into_iter().map(row).collect() }
}
