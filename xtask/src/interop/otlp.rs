//! OTLP: rotel, a collector, receives runs by each transport and sends on what it understood, which is
//! compared with the run's own files, value by value; Phoenix keeps their traces and shows them.

mod browser;
mod cut;
mod joined;
mod phoenix;
mod rotel;

use super::Failed;
use super::bench::Bench;
use super::venv::Environment;
use phoenix::Phoenix;
use rotel::Rotel;

/// Rotel's, and Phoenix's.
pub(super) const ENVIRONMENTS: &[Environment] = &[rotel::ENVIRONMENT, phoenix::ENVIRONMENT];

/// A small sweep of conversations of two turns and of one, with a warm-up and retries.
const RUN: &str = "perf --visualizer otlp --exporter-option otlp.interval=1 --model simulated --dataset told \
    --parallel 2 4 --number 20 40 --warmup-num 2 --retries 1 --max-tokens 16 --sleep-interval 0";

const TURNS: &str = r#"{"conversations":[{"id":"two","turns":[{"text":"hi"},{"text":"more"}]},{"turns":[{"text":"one"}]}]}"#;

/// How runs are sent.
const WAYS: &[Way] = &[
    Way { name: "http/protobuf", protocol: "http/protobuf", compression: "none", more: PHASES },
    Way { name: "http/json gzip", protocol: JSON, compression: "gzip", more: SAMPLED },
    Way { name: "grpc", protocol: "grpc", compression: "none", more: SAMPLED },
    Way { name: "grpc gzip", protocol: "grpc", compression: "gzip", more: PHASES },
];

/// Metrics in it do not go through rotel, which reads 64-bit numbers of exponential histograms as
/// numbers alone: the specification has them as texts.
const JSON: &str = "http/json";

/// Phases as child spans.
const PHASES: &str = "otlp.phases=true";

/// A part of the traces; those that fail and the slowest are sent all the same.
const SAMPLED: &str = "otlp.sampling_ratio=0.3";

/// One way.
struct Way {
    name: &'static str,
    protocol: &'static str,
    compression: &'static str,
    /// One more option.
    more: &'static str,
}

/// Checks each way, a server's own spans, a collector that goes away, and Phoenix.
pub(super) fn check(bench: &mut Bench) -> Result<(), Failed> {
    // It starts while the others are checked: that takes it half a minute.
    let phoenix = Phoenix::start(bench)?;
    let rotel = Rotel::start(bench)?;
    for way in WAYS {
        sent(bench, &rotel, way)?;
    }
    joined::check(bench, &rotel)?;
    cut::check(bench, &rotel)?;
    phoenix.check(bench, &rotel)
}

/// A run that is sent in this way is received as it was stored.
fn sent(bench: &mut Bench, rotel: &Rotel, way: &Way) -> Result<(), Failed> {
    let collector = rotel.collector(bench)?;
    let (endpoint, direct) = (collector.endpoint(way.protocol), rotel.metrics_endpoint());
    let mut environment = vec![
        ("OTEL_EXPORTER_OTLP_PROTOCOL", way.protocol),
        ("OTEL_EXPORTER_OTLP_COMPRESSION", way.compression),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", &*endpoint),
    ];
    if way.protocol == JSON {
        environment.push(("OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", &direct));
    }
    let folder = way.name.replace(['/', ' '], "-");
    measured(bench, &folder, &[way.more], &environment)?;
    // It sends on what it has before it ends.
    collector.stop()?;
    let phases: &[&str] = if way.more == PHASES { &["--phases"] } else { &[] };
    rotel.compared(bench, way.name, &folder, &[&["--mixed"], phases].concat())
}

/// A run into `folder`, of a simulated server that fails at times.
fn measured(
    bench: &Bench,
    folder: &str,
    options: &[&str],
    environment: &[(&str, &str)],
) -> Result<(), Failed> {
    let (_server, url) = rotel::simulator(bench)?;
    let plugin = rotel::fixture("told");
    let mut line: Vec<&str> = RUN.split(' ').filter(|word| !word.is_empty()).collect();
    line.extend(["--url", &url, "--plugin", &plugin, "--dataset-args", TURNS]);
    line.extend(options.iter().flat_map(|option| ["--exporter-option", option]));
    line.extend(["--run-dir", folder]);
    bench.loadwright(&line, environment).map(drop)
}
