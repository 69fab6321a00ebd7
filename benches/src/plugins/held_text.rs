//! 10,000 requests of 32k-token prompts at 200 a second, formatted by one API plugin: whether it
//! keeps up, counted in scheduled requests that found the ready queue empty.

use super::identified;
use crate::Failure;
use crate::child::ServerProcess;
use crate::loadwright;
use crate::process::Usage;
use crate::scenario::Scenario;
use crate::server::ServerReport;
use loadwright_wasm::Source;
use rusqlite::Connection;
use serde::{Deserialize, Serialize};
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::Command;

const REQUESTS: u64 = 10_000;
const RATE: u64 = 200;

/// Different prompts, of which the requests take turns.
const PROMPTS: u64 = 64;

/// Tokens of a prompt, as most tokenizers count English: four bytes each.
const TOKENS: usize = 32_768;

/// The run.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct HeldText {
    /// The plugin.
    plugin: String,
    /// Requests that succeeded.
    requests: u64,
    /// Requests a second, scheduled.
    rate: u64,
    /// Bytes of each prompt.
    prompt_bytes: u64,
    /// Requests a second, as it reported.
    requests_per_s: f64,
    /// Scheduled requests that found the ready queue empty.
    starved: u64,
    /// What its process used.
    usage: Usage,
}

impl HeldText {
    pub(super) fn sentence(&self) -> String {
        format!(
            "\n{}: {} requests of {} kB at {} a second, {:.1} sent a second, {} starved, {:.0} ms of \
             CPU a request\n",
            self.plugin,
            self.requests,
            self.prompt_bytes / 1000,
            self.rate,
            self.requests_per_s,
            self.starved,
            self.usage.cpu_s * 1e3 / self.requests as f64
        )
    }
}

/// The run with the plugin at `path`.
pub(super) fn measure(path: &Path, binary: &Path) -> Result<HeldText, Failure> {
    let plugin = identified(&Source::Path(path.to_owned()))?.name().to_owned();
    let outputs = tempfile::tempdir()?;
    let prompts = outputs.path().join("prompts.txt");
    fs::write(&prompts, lines())?;
    let server = ServerProcess::start(Scenario::OneToken)?;
    let mut command = Command::new(binary);
    command
        .args(["perf", "--api", &plugin, "--dataset", "line_by_line", "--open-loop"])
        .args(["--rate", &RATE.to_string(), "--number", &REQUESTS.to_string()])
        .args(["--no-test-connection", "--no-timestamp", "--name", loadwright::NAME])
        .args(["--model", "m", "--max-tokens", "1"])
        .args(["--url", &format!("http://{}", server.address)])
        .arg("--plugin")
        .arg(path)
        .arg("--dataset-path")
        .arg(&prompts)
        .arg("--outputs-dir")
        .arg(outputs.path());
    let usage = loadwright::run(command, outputs.path())?;
    let _: (Usage, ServerReport) = server.stop()?;
    let reported = loadwright::metrics(outputs.path())?;
    Ok(HeldText {
        plugin,
        requests: reported.requests,
        rate: RATE,
        prompt_bytes: 4 * TOKENS as u64,
        requests_per_s: reported.requests_per_s,
        starved: starved(outputs.path())?,
        usage,
    })
}

/// Prompts of one line each, all different.
fn lines() -> String {
    let mut text = String::new();
    for prompt in 0..PROMPTS {
        let start = text.len();
        write!(text, "prompt {prompt}").expect("writing to a string cannot fail");
        let missing = (4 * TOKENS).saturating_sub(text.len() - start);
        text.push_str(&" the wind and the sea".repeat(missing / 21 + 1)[..missing]);
        text.push('\n');
    }
    text
}

/// The sum over the samples in records.db.
fn starved(outputs: &Path) -> Result<u64, Failure> {
    let file = loadwright::point(&outputs.join(loadwright::NAME))?.join("records.db");
    let file =
        if file.is_file() { file } else { outputs.join(loadwright::NAME).join("records.db") };
    let database = Connection::open(file)?;
    let sum: i64 =
        database.query_row("select coalesce(sum(starved), 0) from sample", [], |row| row.get(0))?;
    Ok(u64::try_from(sum)?)
}
