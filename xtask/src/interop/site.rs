//! The environment of a tool beside a server that keeps what it is sent.

use super::Failed;
use super::bench::{Bench, Running, alone, free_port, output, until};
use super::files::{json, read, write};
use super::venv::{Environment, Venv};
use serde_json::Value;
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

/// How long a tool's command may take.
const PATIENCE: Duration = Duration::from_secs(120);

/// How long a server may take to start.
const START: Duration = Duration::from_secs(30);

/// The tools of one backend, and a server in its place.
#[derive(Debug)]
pub(crate) struct Site {
    venv: Venv,
    /// Where tools and runs leave their files.
    pub(crate) folder: PathBuf,
    /// Where the server listens.
    pub(crate) url: String,
    /// Exchanges with the server, a line of JSON each.
    pub(crate) exchanges: PathBuf,
    _server: Running,
}

impl Site {
    /// Installs the `environment` and starts the Python script `server`, which is told its port and the file
    /// of exchanges.
    ///
    /// # Errors
    /// A package cannot be installed, or the server cannot be started.
    pub(crate) fn start(
        bench: &mut Bench,
        environment: &Environment,
        server: &str,
    ) -> Result<Self, Failed> {
        let venv = Venv::with(&bench.scratch, environment)?;
        let folder = bench.folder.clone();
        let (port, exchanges) = (free_port()?, folder.join("exchanges.jsonl"));
        let script = folder.join("server.py");
        write(&script, server)?;
        write(&exchanges, "")?;
        let mut python = venv.command("python");
        python.arg(script).arg(port.to_string()).arg(&exchanges);
        let running = Running::start(&mut python, &folder.join("server.log"))?;
        let listens = || TcpStream::connect(("127.0.0.1", port)).is_ok();
        bench.claim("the server listens", until(START, listens));
        let url = format!("http://127.0.0.1:{port}");
        Ok(Self { venv, folder, url, exchanges, _server: running })
    }

    /// A program of the environment, which finds its settings and leaves its files in the folder.
    pub(crate) fn command(&self, program: &str) -> Command {
        let mut command = self.venv.command(program);
        alone(&mut command);
        command.current_dir(&self.folder).env("HOME", &self.folder);
        command
    }

    /// A file that a package installed, by its path below `site-packages`.
    ///
    /// # Errors
    /// There is none.
    pub(crate) fn site_file(&self, path: &str) -> Result<PathBuf, Failed> {
        self.venv.site_file(path)
    }

    /// Runs such a program with the variables `environment` and returns what it printed.
    ///
    /// # Errors
    /// It fails, or does not end in time.
    pub(crate) fn run(
        &self,
        program: &str,
        arguments: &[&str],
        environment: &[(&str, &str)],
    ) -> Result<String, Failed> {
        let mut command = self.command(program);
        output(command.args(arguments).envs(environment.iter().copied()), PATIENCE)
    }

    /// What the server was sent since the last time, in order.
    ///
    /// # Errors
    /// The file of exchanges cannot be read.
    pub(crate) fn sent(&self) -> Result<Vec<Value>, Failed> {
        let sent = read(&self.exchanges)?.lines().map(json).collect();
        write(&self.exchanges, "")?;
        sent
    }
}
