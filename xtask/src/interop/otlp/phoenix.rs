//! Phoenix, a program that keeps traces and shows them: what its API answers of a run.

use super::browser::Browser;
use super::rotel::{Rotel, claimed, listens};
use super::{PHASES, joined, measured};
use crate::interop::Failed;
use crate::interop::bench::{Bench, Running, free_port, output};
use crate::interop::venv::{Environment, Venv};
use std::time::Duration;

/// It takes traces alone.
const TRACES: &[&str] = &["otlp.metrics=false", "otlp.logs=false", PHASES];

/// How long its answers may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// The picture of the documentation.
const PICTURE: &str = "docs/images/otlp-traces.png";

pub(super) const ENVIRONMENT: Environment =
    Environment { name: "phoenix", packages: &["arize-phoenix==20.26.1"] };

/// It runs.
pub(super) struct Phoenix {
    port: u16,
    _server: Running,
}

impl Phoenix {
    pub(super) fn start(bench: &Bench) -> Result<Self, Failed> {
        let venv = Venv::with(&bench.scratch, &ENVIRONMENT)?;
        let port = free_port()?;
        let mut server = venv.command("phoenix");
        server.arg("serve").current_dir(&bench.folder).env("HOME", &bench.folder);
        server.env("PHOENIX_WORKING_DIR", &bench.folder).env("PHOENIX_HOST", "127.0.0.1");
        server.env("PHOENIX_PORT", port.to_string());
        server.env("PHOENIX_GRPC_PORT", free_port()?.to_string());
        server.env("PHOENIX_TELEMETRY_ENABLED", "false");
        let server = Running::start(&mut server, &bench.folder.join("phoenix.log"))?;
        Ok(Self { port, _server: server })
    }

    /// It has a run's traces, with their times and tokens, and draws those that a server joined.
    pub(super) fn check(&self, bench: &mut Bench, rotel: &Rotel) -> Result<(), Failed> {
        listens(bench, "Phoenix", self.port)?;
        let url = format!("http://127.0.0.1:{}", self.port);
        let traces = format!("{url}/v1/traces");
        let environment = [("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", traces.as_str())];
        measured(bench, "phoenix", TRACES, &environment)?;
        claimed(bench, "Phoenix", &mut rotel.python("phoenix.py", &["phoenix", &url]))?;
        let Some(browser) = Browser::find(bench) else { return Ok(()) };
        joined::measured(bench, rotel, "shown", TRACES, &environment)?;
        let page = output(&mut rotel.python("phoenix.py", &["shown", &url, "--page"]), PATIENCE)?;
        let drawn = browser.document(bench, page.trim())?;
        for span in ["chat served", "connect", "llm_request", "wait", "stream"] {
            bench.claim(&format!("Phoenix: the browser draws {span}"), drawn.contains(span));
        }
        browser.picture(bench, page.trim(), PICTURE)
    }
}
