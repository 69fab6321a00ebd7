//! A collector that goes away during a run: the run ends with its own results, and `loadwright export`
//! sends what is missing.

use super::rotel::Rotel;
use crate::interop::Failed;
use crate::interop::bench::{Bench, until};
use crate::interop::files::read;
use std::time::Duration;

const RUN: &str = "perf --simulate --visualizer otlp --exporter-option otlp.sampling_ratio=0.5 --export-timeout 2 \
    --parallel 2 --duration 6 --max-tokens 16 --run-dir cut";

/// How long the run may take.
const PATIENCE: Duration = Duration::from_secs(60);

pub(super) fn check(bench: &mut Bench, rotel: &Rotel) -> Result<(), Failed> {
    let collector = rotel.collector(bench)?;
    let ports = collector.ports;
    let endpoint = collector.endpoint("http/protobuf");
    let environment = [("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint.as_str())];
    let line: Vec<&str> = RUN.split(' ').filter(|word| !word.is_empty()).collect();
    let (before, log) = (rotel.received(), bench.folder.join("cut.log"));
    let mut run = bench.loadwright_beside(&line, &environment, &log)?;
    // Two lines of the log are less than this.
    let spans = || rotel.received() > before + 20_000;
    bench.claim("cut: spans arrive during the run", until(PATIENCE, spans));
    collector.stop()?;
    let ended = run.wait(PATIENCE)?;
    bench.claim("cut: the run goes on, and succeeds", ended.is_some_and(|it| it.success()));
    let printed = read(&log)?;
    let told = printed.contains("records were not sent")
        && printed.contains("`loadwright export cut --exporter otlp`");
    bench.claim("cut: it tells what was not sent, and what sends it", told);
    let collector = rotel.collector_at(bench, ports)?;
    bench.loadwright(&["export", "cut", "--exporter", "otlp"], &environment)?;
    collector.stop()?;
    rotel.compared(bench, "cut, then export", "cut", &["--twice"])
}
