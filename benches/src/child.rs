//! A server that is a process of its own: it prints its address as JSON, serves until its standard input
//! ends, then prints what it counted.

use crate::Failure;
use crate::process::{self, Usage};
use crate::scenario::Scenario;
use crate::server::Listening;
use serde::de::DeserializeOwned;
use std::io::{BufRead, BufReader, Lines};
use std::net::SocketAddr;
use std::process::{Child, ChildStdout, Command, Stdio};

/// This program with a subcommand that serves.
pub(crate) struct ServerProcess {
    /// `None` once it was waited for.
    child: Option<Child>,
    lines: Lines<BufReader<ChildStdout>>,
    pub(crate) address: SocketAddr,
}

impl ServerProcess {
    /// The simulated server.
    pub(crate) fn start(scenario: Scenario) -> Result<Self, Failure> {
        Self::serving(&["server", "--scenario", &scenario.name()])
    }

    /// A receiver of OTLP.
    pub(crate) fn receiver() -> Result<Self, Failure> {
        Self::serving(&["receiver"])
    }

    fn serving(arguments: &[&str]) -> Result<Self, Failure> {
        let mut child = Command::new(std::env::current_exe()?)
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let mut lines = lines(&mut child)?;
        let listening: Listening = next(&mut lines)?;
        Ok(Self { child: Some(child), lines, address: listening.address })
    }

    /// Ends it and returns what it counted.
    pub(crate) fn stop<R: DeserializeOwned>(mut self) -> Result<(Usage, R), Failure> {
        let mut child = self.child.take().ok_or("a server is stopped once")?;
        drop(child.stdin.take());
        let report = next(&mut self.lines)?;
        Ok((process::wait(child, "the server")?, report))
    }
}

impl Drop for ServerProcess {
    /// Ends a server whose client failed.
    fn drop(&mut self) {
        if let Some(child) = &mut self.child {
            // It may have ended already.
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// The lines that `child` prints.
pub(crate) fn lines(child: &mut Child) -> Result<Lines<BufReader<ChildStdout>>, Failure> {
    let output = child.stdout.take().ok_or("its output is piped")?;
    Ok(BufReader::new(output).lines())
}

/// The next line as JSON.
pub(crate) fn next<T: DeserializeOwned>(
    lines: &mut Lines<BufReader<ChildStdout>>,
) -> Result<T, Failure> {
    let line = lines.next().ok_or("it ended without saying anything")??;
    Ok(serde_json::from_str(&line)?)
}
