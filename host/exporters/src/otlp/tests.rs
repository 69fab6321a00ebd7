//! The exporter against a receiver in this process: what it decodes is compared with the records.

mod certificates;
mod collector;
mod grpc;
mod hostile;
mod offline;
mod oracle;
mod proxy;
mod receiver;
mod resume;
mod tls;
mod values;

use super::{Options, Otlp, Setup};
use crate::deadline::Deadline;
use crate::http::{Network, Pace};
use crate::usage::Usage;
use loadwright_core::export::http::{Algorithm, Artifact, Request, Response, Statement, Table};
use loadwright_core::export::telemetry::{
    Attribute, Condition, Instrument, MetricShape, Shapes, SpanKind, SpanShape, Test, Value,
};
use loadwright_core::export::{ExportPoint, ExportRequest, ExportRun};
use loadwright_core::ports::{Exporter, ExporterServices, Fault};
use loadwright_core::record::Record;
use loadwright_core::trace::{AttemptKey, TraceKey, Traceparent};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// Files in memory.
#[derive(Clone, Default)]
pub(super) struct Files(pub(super) Arc<Mutex<BTreeMap<String, Vec<u8>>>>);

impl ExporterServices for Files {
    fn now(&mut self) -> f64 {
        0.0
    }

    fn send(&mut self, _requests: Vec<Request>) -> Vec<Result<Response, Fault>> {
        Vec::new()
    }

    fn put(&mut self, name: &str, content: &[u8]) -> Result<(), Fault> {
        self.0.lock().unwrap().insert(name.into(), content.into());
        Ok(())
    }

    fn append(&mut self, name: &str, content: &[u8]) -> Result<u64, Fault> {
        let mut files = self.0.lock().unwrap();
        let file = files.entry(name.into()).or_default();
        file.extend_from_slice(content);
        Ok(file.len() as u64)
    }

    fn cut(&mut self, name: &str, size: u64) -> Result<(), Fault> {
        if let Some(file) = self.0.lock().unwrap().get_mut(name) {
            file.truncate(size as usize);
        }
        Ok(())
    }

    fn read(&mut self, name: &str, offset: u64, count: u32) -> Result<Vec<u8>, Fault> {
        let files = self.0.lock().unwrap();
        let file = files.get(name).ok_or_else(|| Fault::Input("there is no file".into()))?;
        let behind = file.iter().skip(offset as usize);
        Ok(behind.take(count as usize).copied().collect())
    }

    fn entries(&mut self, _folder: &str) -> Result<Vec<Artifact>, Fault> {
        Ok(Vec::new())
    }

    fn digest(&mut self, _name: &str, _algorithm: Algorithm) -> Result<Vec<u8>, Fault> {
        Err(Fault::Unsupported("digest".into()))
    }

    fn sqlite(&mut self, _name: &str, _statements: &[Statement]) -> Result<Vec<Table>, Fault> {
        Err(Fault::Unsupported("sqlite".into()))
    }

    fn masked(&self, text: &str) -> String {
        text.into()
    }
}

/// The exporter with variables and options as they would be typed.
fn opened(variables: &[(&str, &str)], options: &[(&str, &str)], files: Files) -> Box<dyn Exporter> {
    made(variables, options, files, network(), &Usage::default()).unwrap()
}

/// Pauses that tests do not notice.
fn network() -> Network {
    let pace = Pace {
        tries: 3,
        first: Duration::from_millis(1),
        longest: Duration::from_millis(2),
        ..Pace::default()
    };
    Network { pace, ..Network::default() }
}

fn made(
    variables: &[(&str, &str)],
    options: &[(&str, &str)],
    files: Files,
    network: Network,
    usage: &Usage,
) -> Result<Box<dyn Exporter>, String> {
    let made = |otlp| Box::new(otlp) as Box<dyn Exporter>;
    plain(variables, options, files, network, usage).map(made)
}

/// The exporter itself.
fn plain(
    variables: &[(&str, &str)],
    options: &[(&str, &str)],
    files: Files,
    network: Network,
    usage: &Usage,
) -> Result<Otlp, String> {
    let pair = |&(name, value): &(&str, &str)| (name.to_owned(), value.to_owned());
    let variables: BTreeMap<String, String> = variables.iter().map(pair).collect();
    let environment = |name: &str| variables.get(name).cloned();
    let given: BTreeMap<String, String> = options.iter().map(pair).collect();
    Otlp::open(Setup {
        options: Options::read(&given).unwrap(),
        environment: &environment,
        shapes: shapes(),
        network,
        deadline: Deadline::new(),
        usage: usage.clone(),
        files: Box::new(files),
    })
}

/// Attributes of several types, a child, a histogram, a counter and a metric of rows.
fn shapes() -> Shapes {
    let attribute = |key: &str, value| Attribute { key: key.into(), value, when: Vec::new() };
    let field = |name: &str| Value::Field(name.into());
    let span = |name: Value, kind, start: &str, end: &str, attributes| SpanShape {
        name: vec![name, field("model")],
        kind,
        start: start.into(),
        end: end.into(),
        failed: vec![Condition { field: "error_type".into(), test: Test::Present }],
        attributes,
    };
    let metric = |name: &str, value: &str, instrument, per_row| MetricShape {
        name: name.into(),
        unit: "s".into(),
        description: String::new(),
        instrument,
        value: value.into(),
        scale: 1.0,
        per_row,
        attributes: vec![attribute("model", field("model"))],
    };
    let own = vec![
        attribute("tokens", field("output_tokens")),
        attribute("outcome", field("outcome")),
        attribute("ttft", field("ttft")),
        attribute("absent", field("conversation")),
        attribute("temperature", Value::Setting("temperature".into())),
    ];
    Shapes {
        service: vec![attribute("kind", Value::Text("load".into()))],
        spans: vec![
            span(field("operation"), SpanKind::Client, "started", "end", own),
            span(Value::Text("wait".into()), SpanKind::Internal, "sent", "first_output", vec![]),
        ],
        metrics: vec![
            metric("latency", "latency", Instrument::Histogram, false),
            metric("gaps", "itl", Instrument::Histogram, false),
            metric("requests", "requests", Instrument::Counter, false),
            metric("output", "output_tokens", Instrument::Histogram, false),
            metric("bytes", "bytes_received", Instrument::Counter, false),
            metric("in_flight", "in_flight", Instrument::UpDownCounter, true),
        ],
        link_turns: true,
    }
}

const TRACED: Traceparent = Traceparent { key: TraceKey([7; 16]), ratio: 0.5 };
/// The wall clock at the point's zero, which is 5 s on the run's clock.
const ORIGIN: f64 = 1_700_000_000.0;
const ZERO: u64 = 5_000_000_000;

fn run() -> ExportRun {
    ExportRun {
        id: "00112233445566778899aabbccddeeff".into(),
        name: "a run".into(),
        model: "m".into(),
        started: ORIGIN,
        points: vec!["p".into()],
        row_metrics: loadwright_core::interval::RowNames::Own.metrics(&[]),
        ..ExportRun::default()
    }
}

fn point() -> ExportPoint {
    let settings = r#"{"url":"http://h:81/v1/chat/completions","temperature":0.5}"#;
    ExportPoint {
        index: 0,
        name: "p".into(),
        origin: ORIGIN,
        zero: ZERO,
        settings: settings.into(),
        choices: 1,
    }
}

/// `record` as exporters are given it.
fn given(record: Record) -> ExportRequest {
    let trace = Some(TRACED.ids(AttemptKey::of(0, &record)));
    ExportRequest { record: Arc::new(record), trace }
}

/// Request number `seq`, sent 10 ms after the one before, whose latency is 100 ms and a bit more with
/// each.
fn request(seq: u64) -> ExportRequest {
    let sent = ZERO + seq * 10_000_000;
    let first = sent + 50_000_000;
    let record = loadwright_core::testkit::record(sent, &[first, first + 50_000_000 + seq * 1_000]);
    given(Record { seq, ..record })
}
