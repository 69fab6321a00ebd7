//! Receivers of OTLP, and what arrived.

use super::collector::Collector;
use crate::http::tests::server::{Answer, Seen, Server, response};
use crate::otlp::payload::Payload;
use flate2::read::GzDecoder;
use loadwright_core::ports::Exporter;
use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_proto::tonic::trace::v1::Span;
use prost::Message;
use std::io::Read;

/// What was received, decoded.
#[derive(Default)]
pub(super) struct Received {
    pub(super) traces: Vec<ExportTraceServiceRequest>,
    pub(super) metrics: Vec<ExportMetricsServiceRequest>,
    pub(super) logs: Vec<ExportLogsServiceRequest>,
}

/// A receiver that takes all of `count` requests.
pub(super) fn taking(count: usize) -> Server {
    Server::start((0..count).map(|_| ok()).collect())
}

/// An answer that nothing was rejected.
pub(super) fn ok() -> Answer {
    Answer::Close(response(200, &["connection: close"], b""))
}

/// A receiver that takes everything.
pub(super) enum Taking {
    Http(Server),
    Grpc(Collector),
}

impl Taking {
    /// One that speaks the protocol of `variables`.
    pub(super) fn by(variables: &[(&str, &str)]) -> Self {
        let grpc = ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc");
        if variables.contains(&grpc) {
            Self::Grpc(Collector::start(Vec::new()))
        } else {
            Self::Http(taking(64))
        }
    }

    pub(super) fn url(&self) -> String {
        match self {
            Self::Http(server) => server.url(""),
            Self::Grpc(collector) => collector.url(),
        }
    }

    /// The next `count` requests.
    pub(super) fn received(&self, count: usize) -> Received {
        match self {
            Self::Http(server) => Received::of(server, count),
            Self::Grpc(collector) => {
                let mut received = Received::default();
                (0..count).for_each(|_| received.put(collector.next().payload));
                received
            }
        }
    }
}

impl Received {
    /// Reads `count` requests of `server`.
    pub(super) fn of(server: &Server, count: usize) -> Self {
        let mut received = Self::default();
        (0..count).for_each(|_| received.put(decoded(&server.next())));
        received
    }

    pub(super) fn of_seen(seen: &[Seen]) -> Self {
        let mut received = Self::default();
        seen.iter().for_each(|seen| received.put(decoded(seen)));
        received
    }

    fn put(&mut self, payload: Payload) {
        match payload {
            Payload::Traces(request) => self.traces.push(request),
            Payload::Metrics(request) => self.metrics.push(request),
            Payload::Logs(request) => self.logs.push(request),
        }
    }

    pub(super) fn spans(&self) -> Vec<&Span> {
        let resources = self.traces.iter().flat_map(|request| &request.resource_spans);
        resources.flat_map(|of| &of.scope_spans).flat_map(|of| &of.spans).collect()
    }

    /// The last data of the metric `name`.
    pub(super) fn metric(&self, name: &str) -> &Data {
        let resources = self.metrics.iter().flat_map(|request| &request.resource_metrics);
        let metrics = resources.flat_map(|of| &of.scope_metrics).flat_map(|of| &of.metrics);
        let named: Vec<_> = metrics.filter(|metric| metric.name == name).collect();
        named.last().unwrap_or_else(|| panic!("no metric {name}")).data.as_ref().unwrap()
    }
}

/// The request of `seen`, by its path.
pub(super) fn decoded(seen: &Seen) -> Payload {
    let mut body = seen.body.clone();
    if seen.header("content-encoding") == Some("gzip") {
        body = Vec::new();
        GzDecoder::new(&seen.body[..]).read_to_end(&mut body).unwrap();
    }
    let json = seen.header("content-type") == Some("application/json");
    fn read<R: Message + Default + serde::de::DeserializeOwned>(json: bool, body: &[u8]) -> R {
        if json { serde_json::from_slice(body).unwrap() } else { R::decode(body).unwrap() }
    }
    match seen.line.split(' ').nth(1).unwrap() {
        "/v1/metrics" => Payload::Metrics(read(json, &body)),
        "/v1/logs" => Payload::Logs(read(json, &body)),
        // Tests give traces other paths too.
        _ => Payload::Traces(read(json, &body)),
    }
}

/// Begins the run and its point.
pub(super) fn begun(otlp: &mut dyn Exporter) {
    otlp.begin(&super::run()).unwrap();
    otlp.begin_point(&super::point()).unwrap();
}
