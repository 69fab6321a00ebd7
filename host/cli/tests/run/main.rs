//! The built binary against the simulated server: what a user sees, and how the process ends.

#[path = "../../../../tests/museum/archive.rs"]
mod archive;
mod clearml_service;
mod conditions;
mod endings;
mod endpoints;
mod export_documents;
mod export_secrets;
mod exporter_clearml;
mod exporter_failures;
mod exporter_otlp;
mod exporter_refusals;
mod exporter_swanlab;
mod exporter_times;
mod exporter_wandb;
mod exporters;
mod files;
mod gate;
mod hostile;
mod inputs;
mod labels;
mod languages;
mod manifests;
mod measured;
mod misbehaving;
mod others;
mod plans;
mod plugin_files;
mod progress;
mod replies;
mod requests;
mod rows;
mod scripted;
mod shortage;
#[path = "../../src/testing/stamp.rs"]
mod stamp;
mod stops;
mod swanlab_service;
mod traces;
mod tty;
mod waiting;
mod wandb_service;

use loadwright_sim::{Config, Model, Server};
use serde_json::Value;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

/// Longer than anything takes that is waited for.
const PATIENCE: Duration = Duration::from_secs(60);

/// A folder for outputs, and the flags that every run of the tests has.
struct Place {
    dir: tempfile::TempDir,
}

impl Place {
    fn new() -> Self {
        Self { dir: tempfile::tempdir().expect("a temporary folder") }
    }

    fn path(&self) -> &Path {
        self.dir.path()
    }

    /// The run's folder.
    fn run(&self) -> PathBuf {
        self.path().join("run")
    }

    fn loadwright(&self, line: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_loadwright"));
        command
            .args(shlex::split(line).expect("well quoted"))
            .env("LOADWRIGHT_CACHE_DIR", Path::new(env!("CARGO_TARGET_TMPDIR")).join("plugins"))
            .current_dir(self.path())
            .stdin(Stdio::null());
        command
    }

    /// `perf` with a fixed folder for results and one prompt for every request.
    fn perf(&self, line: &str) -> Command {
        self.loadwright(&format!(
            "perf --outputs-dir . --no-timestamp --name run --prompt 'hello there' {line}"
        ))
    }

    fn against(&self, server: &Server, line: &str) -> Command {
        let url = server.url();
        self.perf(&format!("--model m --url {url}/v1/chat/completions {line}"))
    }

    fn json(&self, point: &str, file: &str) -> Value {
        let path = self.run().join(point).join(file);
        let text = std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{path:?}: {e}"));
        serde_json::from_str(&text).expect("it is JSON")
    }

    fn summary(&self, point: &str) -> Value {
        self.json(point, "benchmark_summary.json")
    }

    fn text(&self, file: &str) -> String {
        std::fs::read_to_string(self.run().join(file)).expect(file)
    }
}

fn server(model: Model) -> Server {
    Server::start(Config { model, ..Config::default() }).expect("it starts")
}

fn paced(ttft: u64, itl: u64) -> Model {
    Model::Paced { ttft: Duration::from_millis(ttft), itl: Duration::from_millis(itl), noise: 0.0 }
}

fn code(output: &Output) -> i32 {
    output.status.code().unwrap_or_else(|| panic!("{output:?}"))
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).expect("text")
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).expect("text")
}

/// Runs to the end, which must have this code.
fn ends(mut command: Command, wanted: i32) -> Output {
    let output = command.output().expect("it runs");
    assert_eq!(code(&output), wanted, "{}\n{}", stdout(&output), stderr(&output));
    output
}

fn start(mut command: Command) -> Child {
    command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it runs")
}

fn signal(child: &Child, name: &str) {
    let sent = Command::new("kill").args([format!("-{name}"), child.id().to_string()]).status();
    assert!(sent.expect("kill is there").success());
}

/// Reads standard error until a line holds `wanted`.
fn wait_for_line(child: &mut Child, wanted: &str) {
    let pipe = BufReader::new(child.stderr.as_mut().expect("it is piped"));
    let found = pipe.lines().map_while(Result::ok).any(|line| line.contains(wanted));
    assert!(found, "no line says {wanted}");
}
