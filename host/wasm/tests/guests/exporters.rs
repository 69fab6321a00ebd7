//! Exporters and conventions plugins, good and bad, with services that write down what reached them.

use crate::harness::TestHost;
use loadwright_core::export::http::{Algorithm, Artifact, Request, Response, Statement, Table};
use loadwright_core::export::telemetry::{Instrument, SpanKind, Value as Shape};
use loadwright_core::export::{Ack, ExportRun, ExportSummary, Row};
use loadwright_core::ports::{Cause, Exporter, ExporterServices, Fault, PluginFailure};
use loadwright_wasm::{Level, Plugin, Source};
use serde_json::json;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// What reached the services.
#[derive(Debug, Default)]
pub(crate) struct Reached {
    requests: Vec<Request>,
    files: Vec<String>,
    appended: u64,
    /// The first of what was appended.
    pub(crate) text: Vec<u8>,
    offsets: Vec<u64>,
}

/// Answers every request with 204, and takes 100 MB of files.
#[derive(Default)]
pub(crate) struct Services {
    pub(crate) reached: Arc<Mutex<Reached>>,
    /// How long a call takes.
    delay: Duration,
}

impl ExporterServices for Services {
    fn now(&mut self) -> f64 {
        1.5e9
    }

    fn send(&mut self, requests: Vec<Request>) -> Vec<Result<Response, Fault>> {
        std::thread::sleep(self.delay);
        let answer = Response { status: 204, headers: vec![], body: vec![], truncated: false };
        let answers = requests.iter().map(|_| Ok(answer.clone())).collect();
        self.reached.lock().unwrap().requests.extend(requests);
        answers
    }

    fn put(&mut self, name: &str, _: &[u8]) -> Result<(), Fault> {
        self.reached.lock().unwrap().files.push(name.into());
        Err(Fault::Fatal("refused, with hunter2".into()))
    }

    fn cut(&mut self, _: &str, _: u64) -> Result<(), Fault> {
        Ok(())
    }

    fn append(&mut self, _: &str, content: &[u8]) -> Result<u64, Fault> {
        let mut reached = self.reached.lock().unwrap();
        let size = reached.appended + content.len() as u64;
        if size > 100_000_000 {
            return Err(Fault::Fatal("full".into()));
        }
        reached.appended = size;
        if reached.text.len() < 1024 {
            reached.text.extend(content);
        }
        Ok(size)
    }

    fn read(&mut self, _: &str, offset: u64, _: u32) -> Result<Vec<u8>, Fault> {
        self.reached.lock().unwrap().offsets.push(offset);
        Ok(Vec::new())
    }

    fn entries(&mut self, _: &str) -> Result<Vec<Artifact>, Fault> {
        Ok(Vec::new())
    }

    fn digest(&mut self, _: &str, _: Algorithm) -> Result<Vec<u8>, Fault> {
        Ok(Vec::new())
    }

    fn sqlite(&mut self, _: &str, _: &[Statement]) -> Result<Vec<Table>, Fault> {
        Ok(Vec::new())
    }

    fn masked(&self, text: &str) -> String {
        text.replace("hunter2", "****")
    }
}

fn fixture(host: &TestHost, name: &str) -> Arc<Plugin> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../plugins/fixtures/dist");
    Plugin::open(&host.host, Source::Path(folder.join(format!("{name}.wasm")))).unwrap()
}

/// The exporter that does `how`, and what reaches its services.
fn exporter(host: &TestHost, how: &str, delay: Duration) -> Bench {
    let reached = Arc::new(Mutex::new(Reached::default()));
    let services = Box::new(Services { reached: Arc::clone(&reached), delay });
    let settings = json!({
        "settings": { "how": how, "url": "http://here", "elsewhere": "http://there" },
        "secrets": ["key"],
    });
    let mut exporter = fixture(host, "misbehave_exporter").exporter(&settings, services).unwrap();
    exporter.begin(&ExportRun::default()).unwrap();
    Bench { exporter, reached }
}

struct Bench {
    exporter: Box<dyn Exporter>,
    reached: Arc<Mutex<Reached>>,
}

impl Bench {
    fn progress(&mut self) -> Result<Ack, PluginFailure> {
        self.exporter.progress(0, &[Row::default()])
    }

    fn end_point(&mut self) -> Result<Ack, PluginFailure> {
        self.exporter.end_point(0, &ExportSummary::default())
    }
}

/// What the exporter tells at the end of a point.
fn told(how: &str) -> (Vec<String>, Arc<Mutex<Reached>>) {
    let host = patient();
    let mut bench = exporter(&host, how, Duration::ZERO);
    (bench.end_point().unwrap().losses, bench.reached)
}

fn patient() -> TestHost {
    TestHost::with(|config| config.timeout = Duration::from_secs(60))
}

#[test]
fn an_exporter_that_spins_or_traps_is_ended_and_begins_anew() {
    let host = TestHost::new();
    let mut bench = exporter(&host, "spin", Duration::ZERO);
    assert_eq!(bench.progress().unwrap_err().cause, Cause::TimeLimit(0.3));
    bench.exporter.restart().unwrap();
    bench.exporter.begin(&ExportRun::default()).unwrap();
    assert!(bench.end_point().is_ok());

    let mut bench = exporter(&host, "trap", Duration::ZERO);
    let failure = bench.progress().unwrap_err();
    assert_eq!(
        (failure.plugin.as_str(), failure.call.as_str()),
        ("misbehave_exporter", "progress")
    );
    let Cause::Trap(text) = failure.cause else { panic!("a trap") };
    assert!(text.contains("trapped in progress"), "{text}");
    bench.exporter.restart().unwrap();
    bench.exporter.begin(&ExportRun::default()).unwrap();
}

#[test]
fn time_in_the_services_is_not_the_guests() {
    let host = TestHost::new();
    let mut bench = exporter(&host, "redirect", Duration::from_millis(900));
    assert_eq!(bench.end_point().unwrap().losses, ["redirect: 204 "]);
}

#[test]
fn a_state_has_a_longest() {
    let mut bench = exporter(&patient(), "state", Duration::ZERO);
    let said = "plugin `misbehave_exporter` failed in end-point: its state has 2097152 bytes, and \
                may have 1048576";
    assert_eq!(bench.end_point().unwrap_err().to_string(), said);
}

#[test]
fn links_and_losses_are_few_and_short() {
    let ack = exporter(&patient(), "links", Duration::ZERO).end_point().unwrap();
    assert_eq!((ack.links.len(), ack.losses.len()), (16, 64));
    assert!(ack.links.iter().all(|link| link.len() < 2200));
    assert!(ack.losses.iter().all(|loss| loss.len() < 1200));
    assert!(ack.losses[63].starts_with("63 yyy"));
}

#[test]
fn a_flood_of_log_lines_leaves_the_error() {
    let host = patient();
    exporter(&host, "log", Duration::ZERO).end_point().unwrap();
    let lines = host.lines.lock().unwrap();
    assert!(lines.iter().map(|(_, _, text)| text.len()).sum::<usize>() < 300 << 10);
    assert!(
        lines.iter().any(|(_, level, text)| *level == Level::Error && text == "the real error")
    );
}

#[test]
fn a_flood_of_artifacts_ends_where_the_services_end_it() {
    let (losses, reached) = told("artifacts");
    assert_eq!(losses, ["after 11 blocks: full"]);
    assert_eq!(reached.lock().unwrap().appended, 11 * (8 << 20));
}

#[test]
fn sizes_that_are_none_are_refused_or_handed_on_as_they_are() {
    let (losses, reached) = told("sizes");
    let reached = reached.lock().unwrap();
    let timeouts: Vec<f64> = reached.requests.iter().map(|request| request.timeout).collect();
    assert!(timeouts[0].is_nan());
    assert_eq!(timeouts[1..4], [-1.0, f64::INFINITY, 1e300]);
    assert_eq!(reached.requests[4].max_bytes, u32::MAX);
    // No offset that a file cannot have reaches the services.
    assert_eq!(reached.offsets, [] as [u64; 0]);
    assert!(losses.contains(&"offset NaN: NaN is not an offset in a file".into()), "{losses:?}");
    assert!(losses.contains(&"offset -1: -1 is not an offset in a file".into()), "{losses:?}");
}

#[test]
fn placeholders_reach_the_services_and_values_reach_no_guest() {
    let (losses, reached) = told("secret");
    let reached = reached.lock().unwrap();
    let header = ("authorization".to_owned(), "Bearer {{secret:key}}".to_owned());
    assert_eq!(reached.requests[0].headers, [header]);
    assert_eq!(reached.requests[1].url, "http://there/?key={{secret:key}}");
    assert_eq!(losses.len(), 4);
}

#[test]
fn names_are_the_services_to_judge_and_what_is_said_is_masked() {
    let (losses, reached) = told("names");
    let files = &reached.lock().unwrap().files;
    assert_eq!(files[..2], ["../escaped", "/escaped"]);
    assert_eq!(losses[0], "\"../escaped\": refused, with ****");
}

#[test]
fn what_conventions_describe_is_taken_as_it_is() {
    let host = patient();
    let shapes = fixture(&host, "misbehave_conventions")
        .conventions(&json!({ "settings": { "how": "right" } }))
        .unwrap();
    assert!(shapes.link_turns);
    assert_eq!(shapes.service[0].value, Shape::Text("loadwright".into()));
    let [span] = shapes.spans.as_slice() else { panic!("one span") };
    let name = ["operation", "model"].map(|field| Shape::Field(field.into()));
    assert_eq!((span.name.as_slice(), span.kind), (name.as_slice(), SpanKind::Client));
    assert_eq!((span.start.as_str(), span.end.as_str()), ("sent", "end"));
    let [metric] = shapes.metrics.as_slice() else { panic!("one metric") };
    assert_eq!((metric.name.as_str(), metric.instrument), ("first_output", Instrument::Histogram));
    assert_eq!((metric.value.as_str(), metric.scale, metric.per_row), ("ttft", 1.0, false));
}

#[test]
fn what_conventions_may_not_describe_is_named() {
    let host = TestHost::with(|config| config.timeout = Duration::from_secs(2));
    let cases = [
        ("spans", "it describes 17 spans, and may describe 16"),
        ("metrics", "it describes 65 metrics, and may describe 64"),
        ("attributes", "it describes 65 attributes of one thing, and may describe 64"),
        ("conditions", "it describes 65 conditions of an attribute, and may describe 64"),
        ("key", "the key of an attribute is not a line of at most 1024 bytes"),
        ("scale", "the scale of `first_output` is not a finite number"),
        ("fault", "there is no name for that"),
        ("spin", "it ran for more than 2 s; raise --plugin-timeout or fix the plugin"),
    ];
    let plugin = fixture(&host, "misbehave_conventions");
    for (how, said) in cases {
        let error = plugin.conventions(&json!({ "settings": { "how": how } })).unwrap_err();
        let wanted = format!("plugin `misbehave_conventions` failed in telemetry: {said}");
        assert_eq!(error.to_string(), wanted);
    }
}
