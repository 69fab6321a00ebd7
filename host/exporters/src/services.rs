//! What the host offers to one exporter, on its thread: HTTP, files, tables and the time of day.

use crate::artifacts::{Artifacts, Quota};
use crate::clock;
use crate::deadline::Deadline;
use crate::grants::Grants;
use crate::http::{Http, Network};
use crate::secrets::{Secret, Vault};
use crate::sqlite;
use crate::usage::Usage;
use loadwright_core::export::http::{Algorithm, Artifact, Request, Response, Statement, Table};
use loadwright_core::ports::{ExporterServices, Fault};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// The most requests of one call, and bytes of all its responses.
const MOST_REQUESTS: usize = 256;
const MOST_BYTES: usize = 32 << 20;

/// What one exporter may reach.
#[derive(Clone)]
pub struct Config {
    /// The exporter's name, as flags give it.
    pub name: String,
    /// Hosts that it may send to.
    pub grants: Grants,
    /// Secrets by their names in the manifest.
    pub secrets: BTreeMap<String, Secret>,
    /// How it reaches the network.
    pub network: Network,
    /// Its artifacts: `exports/NAME` of the run's folder, or a folder that was granted.
    pub folder: PathBuf,
    /// The run's folder, whose files it may read; none: there are no files.
    pub results: Option<PathBuf>,
    /// How much it may write.
    pub quota: Quota,
    /// Until when it may work.
    pub deadline: Deadline,
    /// Counts what it uses.
    pub usage: Usage,
}

/// The services of one exporter.
pub struct Services {
    http: Http,
    vault: Vault,
    artifacts: Artifacts,
    deadline: Deadline,
}

impl Services {
    /// The services that `config` allows.
    ///
    /// # Errors
    /// The client cannot be set up: an authority's certificate or a proxy cannot be used.
    pub fn new(config: Config) -> Result<Self, String> {
        let Config { name, grants, secrets, network, folder, results, quota, deadline, usage } =
            config;
        let http = Http::new(&name, grants, &network, deadline.clone(), usage)?;
        let vault = Vault::new(secrets, &network.proxies.secrets());
        let artifacts = Artifacts::new(folder, results, quota, deadline.clone());
        Ok(Self { http, vault, artifacts, deadline })
    }

    fn said(&self, fault: Fault) -> Fault {
        let masked = |text: String| self.vault.masked(&text);
        match fault {
            Fault::Settings(fault) => Fault::Settings(fault),
            Fault::Input(text) => Fault::Input(masked(text)),
            Fault::Unsupported(text) => Fault::Unsupported(masked(text)),
            Fault::Transient(text) => Fault::Transient(masked(text)),
            Fault::Fatal(text) => Fault::Fatal(masked(text)),
        }
    }

    fn send_one(&mut self, request: &Request, room: usize) -> Result<Response, Fault> {
        if room == 0 {
            let text =
                format!("responses of one call exceed {MOST_BYTES} bytes; send fewer at once");
            return Err(Fault::Fatal(text));
        }
        let artifacts = &self.artifacts;
        self.http.send(request, &mut self.vault, &|name| artifacts.open(name))
    }
}

impl ExporterServices for Services {
    fn now(&mut self) -> f64 {
        clock::seconds_since_epoch()
    }

    fn send(&mut self, requests: Vec<Request>) -> Vec<Result<Response, Fault>> {
        let mut room = MOST_BYTES;
        let mut responses = Vec::with_capacity(requests.len());
        for (index, request) in requests.iter().enumerate() {
            let response = match index < MOST_REQUESTS {
                true => self.send_one(request, room),
                false => {
                    Err(Fault::Fatal(format!("more than {MOST_REQUESTS} requests in one call")))
                }
            };
            let bytes = response.as_ref().map_or(0, |response| response.body.len());
            room = room.saturating_sub(bytes);
            responses.push(response.map_err(|fault| self.said(fault)));
        }
        responses
    }

    fn put(&mut self, name: &str, content: &[u8]) -> Result<(), Fault> {
        let done = self.artifacts.put(name, content);
        done.map_err(|fault| self.said(fault))
    }

    fn append(&mut self, name: &str, content: &[u8]) -> Result<u64, Fault> {
        let done = self.artifacts.append(name, content);
        done.map_err(|fault| self.said(fault))
    }

    fn cut(&mut self, name: &str, size: u64) -> Result<(), Fault> {
        let done = self.artifacts.cut(name, size);
        done.map_err(|fault| self.said(fault))
    }

    fn read(&mut self, name: &str, offset: u64, count: u32) -> Result<Vec<u8>, Fault> {
        self.artifacts.read(name, offset, count).map_err(|fault| self.said(fault))
    }

    fn entries(&mut self, folder: &str) -> Result<Vec<Artifact>, Fault> {
        self.artifacts.entries(folder).map_err(|fault| self.said(fault))
    }

    fn digest(&mut self, name: &str, algorithm: Algorithm) -> Result<Vec<u8>, Fault> {
        self.artifacts.digest(name, algorithm).map_err(|fault| self.said(fault))
    }

    fn sqlite(&mut self, name: &str, statements: &[Statement]) -> Result<Vec<Table>, Fault> {
        let done = sqlite::execute(&mut self.artifacts, &self.deadline, name, statements);
        done.map_err(|fault| self.said(fault))
    }

    fn masked(&self, text: &str) -> String {
        self.vault.masked(text)
    }
}

#[cfg(test)]
mod tests;
