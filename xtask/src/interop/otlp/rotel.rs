//! Rotel, a collector, which sends on what it understood to a receiver that keeps it; and a simulated
//! server.

use crate::interop::Failed;
use crate::interop::bench::{Bench, Running, free_port, output, until};
use crate::interop::files::write;
use crate::interop::site::Site;
use crate::interop::venv::Environment;
use crate::plugins::root;
use std::net::TcpStream;
use std::process::Command;
use std::time::Duration;

/// The collector; and OpenTelemetry's own messages and SDK for Python.
pub(super) const ENVIRONMENT: Environment = Environment {
    name: "otlp",
    packages: &["rotel==0.0.1a15", "opentelemetry-exporter-otlp-proto-http==1.45.2"],
};

/// Programs in Python, by their names.
const SCRIPTS: &[(&str, &str)] = &[
    ("claims.py", include_str!("claims.py")),
    ("compare.py", include_str!("compare.py")),
    ("metrics.py", include_str!("metrics.py")),
    ("phoenix.py", include_str!("phoenix.py")),
    ("received.py", include_str!("received.py")),
    ("run.py", include_str!("run.py")),
    ("traced.py", include_str!("traced.py")),
];

/// How long a program may take to listen, or to end.
const PATIENCE: Duration = Duration::from_secs(60);

/// The server: quick, with tokens of all kinds. Of what it is asked, two requests in a row are refused,
/// and a reply is cut.
const SIMULATOR: &str =
    "simulate --decode-step 3 --cache-hit-ratio 0.5 --reasoning-tokens 2 --port";
const FAULTS: &str = r#"[{"range":[10,14],"faults":[{"status":{"code":503}}]},
    {"range":[20,20],"faults":[{"cut":{"after":3}}]}]"#;

/// Collectors, and where they send what they received.
pub(super) struct Rotel(Site);

/// A collector that listens.
pub(super) struct Collector {
    agent: Running,
    /// Ports of gRPC and HTTP.
    pub(super) ports: [u16; 2],
}

impl Rotel {
    pub(super) fn start(bench: &mut Bench) -> Result<Self, Failed> {
        let site = Site::start(bench, &ENVIRONMENT, include_str!("receiver.py"))?;
        for (name, script) in SCRIPTS {
            write(&site.folder.join(name), script)?;
        }
        Ok(Self(site))
    }

    /// A collector at free ports.
    pub(super) fn collector(&self, bench: &mut Bench) -> Result<Collector, Failed> {
        self.collector_at(bench, [free_port()?, free_port()?])
    }

    /// A collector at `ports`.
    pub(super) fn collector_at(
        &self,
        bench: &mut Bench,
        ports: [u16; 2],
    ) -> Result<Collector, Failed> {
        let own = |name: &str| self.0.folder.join(name);
        let mut agent = Command::new(self.0.site_file("rotel/rotel-agent")?);
        agent
            .args(["start", "--exporter", "otlp", "--otlp-exporter-protocol", "http"])
            .args(["--otlp-exporter-endpoint", &self.0.url])
            .args(["--otlp-grpc-endpoint", &format!("127.0.0.1:{}", ports[0])])
            .args(["--otlp-http-endpoint", &format!("127.0.0.1:{}", ports[1])])
            .arg("--pid-file")
            .arg(own("rotel.pid"));
        let agent = Running::start(&mut agent, &own("rotel.log"))?;
        for port in ports {
            listens(bench, "rotel", port)?;
        }
        Ok(Collector { agent, ports })
    }

    /// A program in Python.
    pub(super) fn python(&self, script: &str, arguments: &[&str]) -> Command {
        let mut command = self.0.command("python");
        command.arg(script).args(arguments);
        command
    }

    /// Compares what was received of the run in `run` with its files.
    pub(super) fn compared(
        &self,
        bench: &mut Bench,
        way: &str,
        run: &str,
        options: &[&str],
    ) -> Result<(), Failed> {
        let arguments = [&[run, "exchanges.jsonl"], options].concat();
        claimed(bench, way, &mut self.python("compare.py", &arguments))
    }

    /// Where metrics are taken without a collector.
    pub(super) fn metrics_endpoint(&self) -> String {
        format!("{}/v1/metrics", self.0.url)
    }

    /// How many bytes were received so far.
    pub(super) fn received(&self) -> u64 {
        std::fs::metadata(&self.0.exchanges).map_or(0, |file| file.len())
    }
}

impl Collector {
    /// Where `protocol` is taken.
    pub(super) fn endpoint(&self, protocol: &str) -> String {
        let [grpc, http] = self.ports;
        format!("http://127.0.0.1:{}", if protocol == "grpc" { grpc } else { http })
    }

    /// Ends it, once it has sent on what it received.
    pub(super) fn stop(self) -> Result<(), Failed> {
        self.agent.stop(PATIENCE)
    }
}

/// Counts the claims that a program prints, a line each: `passed` or `FAILED`, a tab, the claim.
pub(super) fn claimed(bench: &mut Bench, way: &str, program: &mut Command) -> Result<(), Failed> {
    let printed = output(program, PATIENCE)?;
    let lines: Vec<_> = printed.lines().filter_map(|line| line.split_once('\t')).collect();
    for (told, claim) in &lines {
        bench.claim(&format!("{way}: {claim}"), *told == "passed");
    }
    if lines.is_empty() { Err(Failed(format!("{way}: nothing was compared"))) } else { Ok(()) }
}

/// A simulated server, and the URL of its chat completions.
pub(super) fn simulator(bench: &Bench) -> Result<(Running, String), Failed> {
    let port = free_port()?.to_string();
    let mut line: Vec<&str> = SIMULATOR.split(' ').collect();
    line.extend([&port, "--faults", FAULTS]);
    let server = bench.loadwright_beside(&line, &[], &bench.folder.join("simulator.log"))?;
    Ok((server, format!("http://127.0.0.1:{port}/v1/chat/completions")))
}

/// The path of a plugin for tests.
pub(super) fn fixture(name: &str) -> String {
    root().join(format!("plugins/fixtures/dist/{name}.wasm")).display().to_string()
}

/// Waits until `what` listens at `port`.
pub(super) fn listens(bench: &mut Bench, what: &str, port: u16) -> Result<(), Failed> {
    let up = || TcpStream::connect(("127.0.0.1", port)).is_ok();
    if until(PATIENCE, up) {
        return Ok(());
    }
    bench.claim(&format!("{what} listens"), false);
    Err(Failed(format!("{what} does not listen at port {port}")))
}
