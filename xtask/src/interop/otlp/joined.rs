//! A server that is traced, as examples/observability has it: its spans appear under ours.

use super::rotel::{Rotel, listens};
use crate::interop::Failed;
use crate::interop::bench::{Bench, Running, free_port};
use std::time::Duration;

const RUN: &str = "perf --visualizer otlp --exporter-option otlp.sampling_ratio=0.5 --model served \
    --prompt hello --parallel 2 --number 60 --max-tokens 4";

/// How long the server may take to send its last spans.
const PATIENCE: Duration = Duration::from_secs(30);

/// The server continues the traces that are sampled, and no other.
pub(super) fn check(bench: &mut Bench, rotel: &Rotel) -> Result<(), Failed> {
    let collector = rotel.collector(bench)?;
    let endpoint = collector.endpoint("http/protobuf");
    let environment = [("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint.as_str())];
    measured(bench, rotel, "joined", &[], &environment)?;
    collector.stop()?;
    rotel.compared(bench, "a traced server", "joined", &["--server"])
}

/// A run into `folder`, of a server that sends its spans where `environment` says as well.
pub(super) fn measured(
    bench: &mut Bench,
    rotel: &Rotel,
    folder: &str,
    options: &[&str],
    environment: &[(&str, &str)],
) -> Result<(), Failed> {
    let port = free_port()?;
    let mut server = rotel.python("traced.py", &[&port.to_string()]);
    server.envs(environment.iter().copied()).env("OTEL_SERVICE_NAME", "server");
    let server = Running::start(&mut server, &bench.folder.join("traced.log"))?;
    listens(bench, "the server", port)?;
    let url = format!("http://127.0.0.1:{port}/v1/chat/completions");
    let mut line: Vec<&str> = RUN.split(' ').filter(|word| !word.is_empty()).collect();
    line.extend(["--url", &url, "--run-dir", folder]);
    line.extend(options.iter().flat_map(|option| ["--exporter-option", option]));
    bench.loadwright(&line, environment)?;
    server.stop(PATIENCE)
}
