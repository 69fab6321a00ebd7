//! A run of 10,000 requests with an API plugin, as its user would make it.

use super::identified;
use crate::Failure;
use crate::child::ServerProcess;
use crate::loadwright;
use crate::process::Usage;
use crate::scenario::Scenario;
use crate::server::ServerReport;
use loadwright_timing::clock;
use loadwright_wasm::{Kind, Source};
use serde::{Deserialize, Serialize};
use std::path::Path;
use std::process::Command;

const REQUESTS: u64 = 10_000;

/// A run with one API plugin.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct WholeRun {
    /// The plugin.
    plugin: String,
    /// Requests that succeeded.
    requests: u64,
    /// Seconds from its start to its end, without what the plugin's first compilation takes.
    wall_s: f64,
    /// Requests a second, as it reported.
    requests_per_s: f64,
    /// What its process used.
    usage: Usage,
}

impl WholeRun {
    /// Its row in the table.
    pub(super) fn row(&self) -> String {
        let cpu = self.usage.cpu_s * 1e6 / self.requests as f64;
        format!("| {} | {:.0} | {cpu:.0} µs |\n", self.plugin, self.requests_per_s)
    }
}

/// The run with the plugin at `source`; `None` if it is no API plugin.
pub(super) fn measure(source: &Source, binary: &Path) -> Result<Option<WholeRun>, Failure> {
    let identity = identified(source)?;
    if identity.kind != Kind::Api {
        return Ok(None);
    }
    let plugin = identity.name().to_owned();
    // Compiles the plugin into its cache.
    run(source, &plugin, binary, 1)?;
    run(source, &plugin, binary, REQUESTS).map(Some)
}

fn run(source: &Source, plugin: &str, binary: &Path, requests: u64) -> Result<WholeRun, Failure> {
    let server = ServerProcess::start(Scenario::OneToken)?;
    let outputs = tempfile::tempdir()?;
    let mut command = Command::new(binary);
    command
        .args(["perf", "--api", plugin, "--prompt", "Tell me about the sea.", "--parallel", "64"])
        .args(["--no-test-connection", "--no-timestamp", "--name", loadwright::NAME])
        .args(["--model", "m", "--max-tokens", "4", "--number", &requests.to_string()])
        .args(["--url", &format!("http://{}", server.address)])
        .arg("--outputs-dir")
        .arg(outputs.path());
    if let Source::Path(path) = source {
        command.arg("--plugin").arg(path);
    }
    let start = clock::now();
    let usage = loadwright::run(command, outputs.path())?;
    let wall_s = (clock::now() - start) as f64 / 1e9;
    let _: (Usage, ServerReport) = server.stop()?;
    let reported = loadwright::metrics(outputs.path())?;
    Ok(WholeRun {
        plugin: plugin.to_owned(),
        requests: reported.requests,
        wall_s,
        requests_per_s: reported.requests_per_s,
        usage,
    })
}
