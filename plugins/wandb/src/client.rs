//! Requests to the service: what each carries, and what a response means.

#[cfg(test)]
mod tests;

use crate::graphql::{self, Operation};
use crate::naming::Path;
use crate::settings::{KEY, Settings};
use loadwright_plugin::Fault;
use loadwright_plugin::exporter::{
    ExporterHost, Keep, Location, Request, Response, Retry, Segment,
};
use serde_json::Value;

/// Seconds for one try.
const TIMEOUT: f64 = 30.0;

/// Bytes of a response: far more than any has.
const ANSWER: u32 = 1024 * 1024;

/// Why a request had no effect.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Failure {
    /// It may have one later: there was no answer, or one that says so.
    Unsent(Fault),
    /// The service will not do it.
    Refused { status: u16, text: String },
}

impl Failure {
    /// What happened.
    pub(crate) fn text(&self) -> &str {
        match self {
            Self::Unsent(Fault::Settings(setting)) => &setting.text,
            Self::Unsent(
                Fault::Input(text)
                | Fault::Unsupported(text)
                | Fault::Transient(text)
                | Fault::Fatal(text),
            )
            | Self::Refused { text, .. } => text,
        }
    }

    /// What the host is told where it must be known.
    pub(crate) fn fault(self) -> Fault {
        match self {
            Self::Unsent(fault) => fault,
            Self::Refused { status: 401, text } => Fault::Fatal(format!(
                "the API key was refused ({text}): a key has 40 characters or more and belongs to \
                 one server; `wandb login --verify` tries it"
            )),
            Self::Refused { text, .. } => Fault::Fatal(text),
        }
    }
}

/// A file that is uploaded.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Upload {
    /// Among the run's files.
    pub(crate) name: String,
    pub(crate) content: Segment,
}

/// What became of uploads.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Uploaded {
    pub(crate) names: Vec<String>,
    /// One text a file.
    pub(crate) failed: Vec<String>,
}

/// Sends an operation; the answer's data.
pub(crate) fn graphql(
    host: &impl ExporterHost,
    settings: &Settings,
    operation: &Operation,
    keep: Vec<Keep>,
) -> Result<Value, Failure> {
    let url = format!("{}/graphql", settings.base_url);
    let request = Request { keep, ..post(settings, &url, operation.body()) };
    let mut answer = send(host, request)?;
    if answer.get("errors").and_then(Value::as_array).is_some_and(|errors| !errors.is_empty()) {
        let text = graphql::message(&answer).unwrap_or("an error without a message");
        return Err(Failure::Refused { status: 200, text: text.to_owned() });
    }
    Ok(answer.get_mut("data").map(Value::take).unwrap_or_default())
}

/// Sends a body to the address of a run's lines.
pub(crate) fn stream(
    host: &impl ExporterHost,
    settings: &Settings,
    url: String,
    body: Vec<u8>,
) -> Result<Value, Failure> {
    send(host, post(settings, &url, body))
}

/// Uploads files: the service says where to, and the API key is not sent there.
pub(crate) fn upload(
    host: &impl ExporterHost,
    settings: &Settings,
    path: Path<'_>,
    files: Vec<Upload>,
) -> Uploaded {
    let names: Vec<&str> = files.iter().map(|file| file.name.as_str()).collect();
    let keep = (0..files.len()).map(|n| Keep {
        at: Location::Pointer(format!("/data/createRunFiles/files/{n}/uploadUrl")),
        name: kept(n),
    });
    let operation = graphql::create_files(path, &names);
    let answer = match graphql(host, settings, &operation, keep.collect()) {
        Ok(answer) => answer,
        Err(failure) => {
            let failed = names.iter().map(|name| format!("{name} ({})", failure.text()));
            return Uploaded { failed: failed.collect(), ..Uploaded::default() };
        }
    };
    let (headers, places) = (graphql::upload_headers(&answer), graphql::upload_names(&answer));
    let mut uploaded = Uploaded::default();
    for file in files {
        let Some(place) = places.iter().position(|name| *name == file.name) else {
            uploaded.failed.push(format!("{} (the service named no place for it)", file.name));
            continue;
        };
        match send(host, put(place, &headers, file.content)) {
            Ok(_) => uploaded.names.push(file.name),
            Err(failure) => uploaded.failed.push(format!("{} ({})", file.name, failure.text())),
        }
    }
    uploaded
}

fn kept(place: usize) -> String {
    format!("upload-{place}")
}

fn put(place: usize, headers: &[(String, String)], content: Segment) -> Request {
    let put =
        Request { body: vec![content], ..twice("PUT", &format!("{{{{kept:{}}}}}", kept(place))) };
    headers.iter().fold(put, |put, (name, value)| put.header(name, value))
}

/// A request with the API key.
fn post(settings: &Settings, url: &str, body: Vec<u8>) -> Request {
    let post = twice("POST", url)
        .json(body)
        .header("authorization", &format!("Basic {{{{basic:api:{KEY}}}}}"));
    let owner = [("x-wandb-username", &settings.username), ("x-wandb-user-email", &settings.email)];
    let given = owner.into_iter().filter(|(_, value)| !value.is_empty());
    given.fold(post, |post, (name, value)| post.header(name, value))
}

/// What may be sent twice: runs and lines have names and places.
fn twice(method: &str, url: &str) -> Request {
    let request = Request::new(method, url);
    Request { timeout: TIMEOUT, retry: Retry::Always, max_bytes: ANSWER, ..request }
}

fn send(host: &impl ExporterHost, request: Request) -> Result<Value, Failure> {
    match host.send(&[request]).pop() {
        Some(Ok(response)) => answer(response),
        Some(Err(fault)) => Err(Failure::Unsent(fault)),
        None => Err(Failure::Unsent(Fault::Transient("the host did not answer".into()))),
    }
}

fn answer(response: Response) -> Result<Value, Failure> {
    let status = response.status;
    let body: Value = serde_json::from_slice(&response.body).unwrap_or_default();
    if (200..300).contains(&status) {
        return Ok(body);
    }
    let text = match graphql::message(&body) {
        Some(message) => format!("HTTP {status}: {message}"),
        None => format!("HTTP {status}"),
    };
    // As W&B's own client has it: these stay as they are, however often they are asked for.
    Err(match status {
        300..=399 | 400 | 401 | 403 | 404 | 409 | 410 | 413 | 422 | 501 => {
            Failure::Refused { status, text }
        }
        _ => Failure::Unsent(Fault::Transient(text)),
    })
}
