//! opentelemetry-otlp as the oracle: with the same variables, the same spans go to the same place in
//! the same form. It reads the environment of its process, so it has one of its own.

use super::collector::Collector;
use super::receiver::{decoded, taking};
use super::{Files, given, network, plain, point, request, run, shapes};
use crate::http::tests::server::{Seen, Server};
use crate::otlp::fields::PointFacts;
use crate::otlp::payload::Payload;
use crate::otlp::point::Point;
use crate::otlp::shapes::Compiled;
use crate::otlp::{Options, Otlp};
use crate::usage::Usage;
use bytes::Bytes;
use loadwright_core::outcome::Outcome;
use loadwright_core::record::Record;
use opentelemetry_http::{HttpClient, HttpError};
use opentelemetry_otlp::{SpanExporter, WithHttpConfig};
use opentelemetry_sdk::trace::{SpanData, SpanExporter as _};
use std::process::Command;
use tonic::metadata::MetadataMap;

/// Set for the process that is the oracle.
const ORACLE: &str = "LOADWRIGHT_TESTS_ORACLE";

/// Spans of several kinds: of a success, a failure, a further turn with its link; and their phases.
fn spans() -> Vec<SpanData> {
    let first = request(0);
    let next = given(Record { turn: 1, ..(*first.record).clone() });
    let outcome = Outcome::Status(503);
    let failed = given(Record { seq: 2, outcome, error: "busy".into(), ..(*first.record).clone() });
    let options = Options { phases: true, ..Options::default() };
    let mut point = Point::new(PointFacts::new(&point(), "m"), None, &run().id, &options);
    let all = [first, next, failed].map(|one| {
        let trace = one.trace.map(|ids| loadwright_core::export::TraceIds { sampled: true, ..ids });
        loadwright_core::export::ExportRequest { trace, ..one }
    });
    point.spans(&Compiled::new(shapes()).unwrap(), &all, &options)
}

fn otlp(variables: &[(&str, &str)]) -> Otlp {
    let mut otlp = plain(variables, &[], Files::default(), network(), &Usage::default()).unwrap();
    otlp.resource = otlp.resource_of(&run());
    otlp
}

/// The oracle's client of HTTP: it brings none with the features that it has here.
#[derive(Debug)]
struct Forward(reqwest::Client);

#[tonic::async_trait]
impl HttpClient for Forward {
    async fn send_bytes(
        &self,
        request: http::Request<Bytes>,
    ) -> Result<http::Response<Bytes>, HttpError> {
        let response = self.0.execute(request.try_into()?).await?;
        let status = response.status();
        let mut answer = http::Response::new(response.bytes().await?);
        *answer.status_mut() = status;
        Ok(answer)
    }
}

#[test]
#[ignore = "another test runs it, in a process whose environment it sets"]
fn the_oracle_sends() {
    assert!(std::env::var_os(ORACLE).is_some());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        // By the variables: gRPC, or a client of HTTP that is missing.
        let mut exporter = SpanExporter::builder().build().unwrap_or_else(|_| {
            let client = reqwest::Client::builder().no_proxy().build().unwrap();
            SpanExporter::builder().with_http().with_http_client(Forward(client)).build().unwrap()
        });
        exporter.set_resource(&otlp(&[]).resource);
        exporter.export(spans()).await.unwrap();
    });
}

/// Lets the oracle send with `variables`.
fn oracle(variables: &[(&str, &str)]) {
    let mut command = Command::new(std::env::current_exe().unwrap());
    let path = module_path!().split_once("::").unwrap().1;
    command.args(["--exact", &format!("{path}::the_oracle_sends"), "--ignored"]);
    for (name, _) in std::env::vars_os().filter(|(name, _)| is_read(&name.to_string_lossy())) {
        command.env_remove(name);
    }
    let output = command.env(ORACLE, "1").envs(variables.iter().copied()).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && said.contains("1 passed"), "{said}");
}

fn is_read(name: &str) -> bool {
    name.starts_with("OTEL_") || name.to_ascii_lowercase().ends_with("_proxy")
}

/// Lets this exporter send with `variables`.
fn ours(variables: &[(&str, &str)]) {
    otlp(variables).once(|otlp| otlp.put_spans(spans())).unwrap();
}

/// What matters of a request over HTTP.
fn essence(seen: &Seen) -> (String, Vec<Option<String>>, Payload) {
    let names = ["content-type", "content-encoding", "x-tenant", "x-other"];
    let headers = names.map(|name| seen.header(name).map(str::to_owned));
    (seen.line.clone(), headers.into(), in_order(decoded(seen)))
}

/// A resource has its attributes in any order.
fn in_order(payload: Payload) -> Payload {
    let Payload::Traces(mut request) = payload else { panic!("{payload:?}") };
    for resource in request.resource_spans.iter_mut().filter_map(|of| of.resource.as_mut()) {
        resource.attributes.sort_by(|one, other| one.key.cmp(&other.key));
    }
    Payload::Traces(request)
}

/// What matters beside the message of a call of gRPC.
fn along(metadata: &MetadataMap) -> Vec<Option<String>> {
    let names = ["grpc-encoding", "x-tenant", "x-other"];
    let text = |name| metadata.get(name).map(|value| value.to_str().unwrap().to_owned());
    names.map(text).into()
}

/// Variables beside the endpoint, in which `{}` is the receiver's address.
const CASES: &[&[(&str, &str)]] = &[
    &[("OTEL_EXPORTER_OTLP_ENDPOINT", "http://{}")],
    &[("OTEL_EXPORTER_OTLP_ENDPOINT", "http://{}/")],
    &[("OTEL_EXPORTER_OTLP_ENDPOINT", "http://{}/otlp")],
    &[("OTEL_EXPORTER_OTLP_ENDPOINT", "http://{}/otlp/")],
    &[("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "http://{}")],
    &[("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "http://{}/own/path")],
    &[
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://nowhere.invalid"),
        ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "http://{}/own?key=value"),
    ],
    &[("OTEL_EXPORTER_OTLP_ENDPOINT", "http://{}"), ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/json")],
    &[
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://{}"),
        ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc"),
        ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "http/protobuf"),
    ],
    &[
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://{}"),
        ("OTEL_EXPORTER_OTLP_HEADERS", "x-tenant=a%20b, x-other = c ,"),
        ("OTEL_EXPORTER_OTLP_COMPRESSION", "gzip"),
    ],
    &[
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://{}"),
        ("OTEL_EXPORTER_OTLP_COMPRESSION", "gzip"),
        ("OTEL_EXPORTER_OTLP_TRACES_COMPRESSION", "none"),
    ],
];

const GRPC_CASES: &[&[(&str, &str)]] = &[
    &[("OTEL_EXPORTER_OTLP_ENDPOINT", "http://{}")],
    &[("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "http://{}")],
    &[("OTEL_EXPORTER_OTLP_ENDPOINT", "{}"), ("OTEL_EXPORTER_OTLP_INSECURE", "true")],
    &[
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://{}"),
        ("OTEL_EXPORTER_OTLP_COMPRESSION", "gzip"),
        ("OTEL_EXPORTER_OTLP_HEADERS", "x-tenant=a%20b,x-other=c"),
    ],
];

/// The variables with the receiver's address in them. The protocol is always named: without one, the
/// oracle's is that of its features, and this exporter's that of the specification.
fn filled<'a>(
    case: &[(&'a str, &str)],
    protocol: &str,
    address: impl ToString,
) -> Vec<(&'a str, String)> {
    const PROTOCOL: &str = "OTEL_EXPORTER_OTLP_PROTOCOL";
    let fill = |&(name, value): &(&'a str, &str)| (name, value.replace("{}", &address.to_string()));
    let mut filled: Vec<_> = case.iter().map(fill).collect();
    if !case.iter().any(|(name, _)| *name == PROTOCOL) {
        filled.push((PROTOCOL, protocol.into()));
    }
    filled
}

fn texts<'a>(variables: &'a [(&str, String)]) -> Vec<(&'a str, &'a str)> {
    variables.iter().map(|(name, value)| (*name, value.as_str())).collect()
}

#[test]
fn over_http_the_same_request_is_sent() {
    for case in CASES {
        let server: Server = taking(2);
        let variables = filled(case, "http/protobuf", server.address);
        oracle(&texts(&variables));
        ours(&texts(&variables));
        let (expected, sent) = (essence(&server.next()), essence(&server.next()));
        assert_eq!(sent, expected, "{case:?}");
        let Payload::Traces(request) = sent.2 else { panic!("{sent:?}") };
        assert_eq!(request.resource_spans[0].scope_spans[0].spans.len(), 6, "{case:?}");
    }
}

#[test]
fn over_grpc_the_same_call_is_made() {
    for case in GRPC_CASES {
        let collector = Collector::start(Vec::new());
        let variables = filled(case, "grpc", collector.address);
        oracle(&texts(&variables));
        ours(&texts(&variables));
        let (expected, sent) = (collector.next(), collector.next());
        assert_eq!(in_order(sent.payload), in_order(expected.payload), "{case:?}");
        assert_eq!(along(&sent.metadata), along(&expected.metadata), "{case:?}");
    }
}
