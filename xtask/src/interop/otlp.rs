//! OTLP against rotel, a collector that prints what it received.

use super::Failed;
use super::bench::{Bench, Running, free_port, until};
use super::venv::Venv;
use std::net::TcpStream;
use std::process::Command;
use std::time::Duration;

/// The collector. Phoenix takes 855 MB: it is checked by hand, as examples/observability/ says.
const ROTEL: &str = "rotel==0.0.1a15";

/// Sends a run with each transport and compares spans and histograms by value.
pub(super) fn check(bench: &mut Bench) -> Result<(), Failed> {
    let rotel = Venv::with(&bench.scratch, "rotel", &[ROTEL])?;
    let (grpc, http) = (free_port()?, free_port()?);
    let log = bench.folder.join("rotel.log");
    let mut agent = Command::new(rotel.site_file("rotel/rotel-agent")?);
    agent
        .args(["start", "--exporter", "blackhole", "--debug-log-verbosity", "detailed"])
        .args(["--debug-log", "traces", "--debug-log", "metrics", "--debug-log", "logs"])
        .args(["--otlp-grpc-endpoint", &format!("127.0.0.1:{grpc}")])
        .args(["--otlp-http-endpoint", &format!("127.0.0.1:{http}")]);
    let _agent = Running::start(&mut agent, &log)?;
    let listens = || TcpStream::connect(("127.0.0.1", http)).is_ok();
    bench.claim("rotel listens", until(Duration::from_secs(30), listens));
    let version = bench.loadwright(&["--version"], &[])?;
    bench.same("loadwright", version.trim(), concat!("loadwright ", env!("CARGO_PKG_VERSION")));
    Ok(())
}
