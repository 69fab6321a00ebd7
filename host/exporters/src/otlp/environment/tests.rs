//! Variables, and what comes of each.

use super::*;
use std::collections::BTreeMap;

fn link_of(signal: Signal, variables: &[(&str, &str)], options: &Options) -> Result<Link, String> {
    let variables: BTreeMap<&str, &str> = variables.iter().copied().collect();
    let lookup = |name: &str| variables.get(name).map(|&value| value.to_owned());
    Environment(&lookup).link(signal, options)
}

fn endpoint(signal: Signal, variables: &[(&str, &str)]) -> String {
    link_of(signal, variables, &Options::default()).unwrap().endpoint.to_string()
}

#[test]
fn endpoints_are_those_of_the_specification() {
    const BASE: &str = "OTEL_EXPORTER_OTLP_ENDPOINT";
    const OWN: &str = "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT";
    const PROTOCOL: &str = "OTEL_EXPORTER_OTLP_PROTOCOL";
    const INSECURE: &str = "OTEL_EXPORTER_OTLP_INSECURE";
    let traces: [(&[(&str, &str)], &str); 8] = [
        (&[], "http://localhost:4318/v1/traces"),
        (&[(BASE, "")], "http://localhost:4318/v1/traces"),
        (&[(BASE, "https://h/p/")], "https://h/p/v1/traces"),
        (&[(BASE, "https://h"), (OWN, "http://own:1")], "http://own:1/"),
        (&[(OWN, "http://own:1/x")], "http://own:1/x"),
        (&[(PROTOCOL, "grpc")], "http://localhost:4317/"),
        (&[(PROTOCOL, "grpc"), (BASE, "h:1")], "https://h:1/"),
        (&[(PROTOCOL, "grpc"), (BASE, "h:1"), (INSECURE, "TRUE")], "http://h:1/"),
    ];
    for (variables, expected) in traces {
        assert_eq!(endpoint(Signal::Traces, variables), expected, "{variables:?}");
    }
    assert_eq!(endpoint(Signal::Logs, &[(OWN, "http://own:1")]), "http://localhost:4318/v1/logs");
    let options = Options { endpoint: Some("http://o:2".into()), ..Options::default() };
    let link = link_of(Signal::Traces, &[(OWN, "http://own:1")], &options).unwrap();
    assert_eq!(link.endpoint.as_str(), "http://o:2/v1/traces", "an option comes first");
}

#[test]
fn a_signals_own_variable_comes_before_that_of_all() {
    let variables = [
        ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/json"),
        ("OTEL_EXPORTER_OTLP_METRICS_PROTOCOL", "http/protobuf"),
        ("OTEL_EXPORTER_OTLP_HEADERS", "a=1,b=x%20y"),
        ("OTEL_EXPORTER_OTLP_METRICS_HEADERS", "c=3"),
        ("OTEL_EXPORTER_OTLP_TIMEOUT", "250"),
        ("OTEL_EXPORTER_OTLP_COMPRESSION", "gzip"),
        ("OTEL_EXPORTER_OTLP_METRICS_COMPRESSION", "none"),
    ];
    let options = Options::default();
    let traces = link_of(Signal::Traces, &variables, &options).unwrap();
    let metrics = link_of(Signal::Metrics, &variables, &options).unwrap();
    let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    assert_eq!((traces.protocol, metrics.protocol), (Protocol::Json, Protocol::Protobuf));
    assert_eq!(traces.headers, [pair("a", "1"), pair("b", "x y")]);
    assert_eq!(metrics.headers, [pair("c", "3")]);
    assert_eq!(metrics.timeout, Duration::from_millis(250));
    assert_eq!((traces.gzip, metrics.gzip), (true, false));
}

#[test]
fn values_that_cannot_be_used_are_refused_by_their_variables_names() {
    let cases = [
        ("OTEL_EXPORTER_OTLP_PROTOCOL", "thrift"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "nowhere"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "ftp://h"),
        ("OTEL_EXPORTER_OTLP_TRACES_TIMEOUT", "-1"),
        ("OTEL_EXPORTER_OTLP_COMPRESSION", "zip"),
        ("OTEL_EXPORTER_OTLP_CERTIFICATE", "/nonexistent.pem"),
        ("OTEL_EXPORTER_OTLP_HEADERS", "secret-without-a-name"),
    ];
    for (name, value) in cases {
        let Err(error) = link_of(Signal::Traces, &[(name, value)], &Options::default()) else {
            panic!("{name}={value}");
        };
        assert!(error.starts_with(name), "{error}");
        assert!(!error.contains("secret"), "{error}");
    }
    let endless = [("OTEL_EXPORTER_OTLP_CERTIFICATE", "/dev/zero")];
    let error = link_of(Signal::Traces, &endless, &Options::default()).err().unwrap();
    assert!(error.contains("is longer than"), "{error}");
}
