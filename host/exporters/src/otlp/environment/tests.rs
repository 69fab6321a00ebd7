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

/// A folder with two files, each of a certificate and its key.
fn files() -> (tempfile::TempDir, [String; 2]) {
    let folder = tempfile::tempdir().unwrap();
    let paths = ["one", "two"].map(|name| {
        let made = rcgen::generate_simple_self_signed(vec![name.to_owned()]).unwrap();
        let path = folder.path().join(name);
        std::fs::write(&path, made.cert.pem() + &made.signing_key.serialize_pem()).unwrap();
        path.to_str().unwrap().to_owned()
    });
    (folder, paths)
}

/// Each variable with a value for all signals and one for a signal, and what a link has of it.
#[test]
fn every_variable_has_a_form_for_each_signal() {
    let (_folder, [one, two]) = files();
    let content = |path: &str| String::from_utf8(std::fs::read(path).unwrap()).unwrap();
    let text = |bytes: Option<Vec<u8>>| String::from_utf8(bytes.unwrap_or_default()).unwrap();
    let (first, second) = (content(&one), content(&two));
    type Shown<'a> = Box<dyn Fn(Link) -> String + 'a>;
    let cases: [(&str, [&str; 2], [&str; 2], Shown<'_>); 7] = [
        (
            "PROTOCOL",
            ["http/json", "grpc"],
            ["Json", "Grpc"],
            Box::new(|link| format!("{:?}", link.protocol)),
        ),
        (
            "HEADERS",
            ["a=1", "b=%20x"],
            [r#"[("a", "1")]"#, r#"[("b", " x")]"#],
            Box::new(|link| format!("{:?}", link.headers)),
        ),
        (
            "COMPRESSION",
            ["none", "gzip"],
            ["false", "true"],
            Box::new(|link| link.gzip.to_string()),
        ),
        (
            "TIMEOUT",
            ["250", "30000"],
            ["250ms", "30s"],
            Box::new(|link| format!("{:?}", link.timeout)),
        ),
        ("CERTIFICATE", [&one, &two], [&first, &second], Box::new(|link| text(link.authority))),
        (
            "CLIENT_CERTIFICATE",
            [&one, &two],
            [&first, &second],
            Box::new(|link| text(link.identity.map(|own| own.certificate))),
        ),
        (
            "CLIENT_KEY",
            [&one, &two],
            [&first, &second],
            Box::new(|link| text(link.identity.map(|own| own.key))),
        ),
    ];
    for (key, values, expected, shown) in cases {
        assert_forms(key, values, expected, &one, &shown);
    }
}

/// That a value for all signals is of each, and one for a signal of that alone. `other`: the file of
/// what must be there beside it.
fn assert_forms(
    key: &str,
    [general, own]: [&str; 2],
    [of_all, of_one]: [&str; 2],
    other: &str,
    shown: &dyn Fn(Link) -> String,
) {
    let all = format!("OTEL_EXPORTER_OTLP_{key}");
    let beside = match key {
        "CLIENT_KEY" => "OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE",
        "CLIENT_CERTIFICATE" => "OTEL_EXPORTER_OTLP_CLIENT_KEY",
        _ => "NO_VARIABLE",
    };
    for signal in Signal::ALL {
        let name = format!("OTEL_EXPORTER_OTLP_{}_{key}", signal.name().to_uppercase());
        let general = [(all.as_str(), general), (beside, other)];
        let link = link_of(signal, &general, &Options::default()).unwrap();
        assert_eq!(shown(link), of_all, "{all}");
        let both = [&general[..], &[(name.as_str(), own)]].concat();
        let link = link_of(signal, &both, &Options::default()).unwrap();
        assert_eq!(shown(link), of_one, "{name}");
        for other in Signal::ALL.into_iter().filter(|other| *other != signal) {
            let link = link_of(other, &both, &Options::default()).unwrap();
            assert_eq!(shown(link), of_all, "{name} is not of {}", other.name());
        }
    }
}

#[test]
fn a_receiver_without_a_scheme_is_reached_as_its_signal_says() {
    for signal in Signal::ALL {
        let own = |key: &str| format!("OTEL_EXPORTER_OTLP_{}_{key}", signal.name().to_uppercase());
        let (at, insecure) = (own("ENDPOINT"), own("INSECURE"));
        let of = |general: &str, own: &str| {
            let variables = [
                ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc"),
                (at.as_str(), "h:1"),
                ("OTEL_EXPORTER_OTLP_INSECURE", general),
                (insecure.as_str(), own),
            ];
            endpoint(signal, &variables)
        };
        assert_eq!(of("true", ""), "http://h:1/");
        assert_eq!(of("false", "true"), "http://h:1/");
        assert_eq!(of("true", "false"), "https://h:1/");
        assert_eq!(of("", "yes"), "https://h:1/", "everything but `true` is false");
    }
}

/// What comes of each value of the variable `name`; `wrong` is refused.
fn rows<T: PartialEq + std::fmt::Debug>(
    name: &str,
    read: impl Fn(Environment<'_>) -> Result<T, String>,
    cases: &[(&str, T)],
) {
    let of = |value: &str| read(Environment(&|asked| (asked == name).then(|| value.to_owned())));
    for (value, expected) in cases {
        assert_eq!(of(value).as_ref(), Ok(expected), "{name}={value}");
    }
    let error = of("wrong").unwrap_err();
    assert!(error.starts_with(&format!("{name}: `wrong`")), "{error}");
}

/// Variables of all signals together.
#[test]
fn variables_of_the_sdk_are_those_of_the_specification() {
    let options = Options::default();
    rows(
        "OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE",
        |environment| environment.temporality(),
        &[
            ("", Temporality::Cumulative),
            ("Cumulative", Temporality::Cumulative),
            ("delta", Temporality::Delta),
            ("LowMemory", Temporality::LowMemory),
        ],
    );
    rows(
        "OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION",
        |environment| environment.histograms(&options),
        &[
            ("", Histograms::Exponential),
            ("base2_exponential_bucket_histogram", Histograms::Exponential),
            ("explicit_bucket_histogram", Histograms::Explicit),
        ],
    );
    let interval = |environment: Environment<'_>| environment.interval(&options);
    rows("OTEL_METRIC_EXPORT_INTERVAL", interval, &[("", 10.0), ("60000", 60.0)]);
    let batch = |environment: Environment<'_>| environment.batch();
    rows("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", batch, &[("", 512), ("64", 64)]);
    let read = |name: &'static str, value: &'static str| {
        move |asked: &str| (asked == name).then(|| value.to_owned())
    };
    for (value, expected) in [("", false), ("true", true), ("TRUE", true), ("1", false)] {
        assert_eq!(Environment(&read("OTEL_SDK_DISABLED", value)).is_disabled(), expected);
    }
    let pair = |key: &'static str, value: &'static str| KeyValue::new(key, value);
    let attributes = Environment(&read("OTEL_RESOURCE_ATTRIBUTES", "a=b%2Cc,d=e")).resource();
    assert_eq!(attributes, Ok(vec![pair("a", "b,c"), pair("d", "e")]));
    let service = Environment(&read("OTEL_SERVICE_NAME", "s")).resource();
    assert_eq!(service, Ok(vec![pair("service.name", "s")]));
}

/// Every variable that is read; a signal's own forms aside.
const VARIABLES: [&str; 18] = [
    "OTEL_EXPORTER_OTLP_ENDPOINT",
    "OTEL_EXPORTER_OTLP_PROTOCOL",
    "OTEL_EXPORTER_OTLP_HEADERS",
    "OTEL_EXPORTER_OTLP_COMPRESSION",
    "OTEL_EXPORTER_OTLP_TIMEOUT",
    "OTEL_EXPORTER_OTLP_CERTIFICATE",
    "OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE",
    "OTEL_EXPORTER_OTLP_CLIENT_KEY",
    "OTEL_EXPORTER_OTLP_INSECURE",
    "OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE",
    "OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION",
    "OTEL_METRIC_EXPORT_INTERVAL",
    "OTEL_BSP_MAX_EXPORT_BATCH_SIZE",
    "OTEL_TRACES_SAMPLER",
    "OTEL_TRACES_SAMPLER_ARG",
    "OTEL_SERVICE_NAME",
    "OTEL_RESOURCE_ATTRIBUTES",
    "OTEL_SDK_DISABLED",
];

#[test]
fn the_documentation_lists_every_variable() {
    let page = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/exporters/otlp.md");
    let page = std::fs::read_to_string(page).unwrap();
    let rows = page.lines().filter(|line| line.starts_with("| `OTEL_"));
    let names = rows.filter_map(|row| row.split('|').nth(1));
    let names: Vec<_> = names.flat_map(|names| names.split(',')).map(str::trim).collect();
    assert_eq!(names, VARIABLES.map(|name| format!("`{name}`")));
}

#[test]
fn files_that_hold_something_else_are_refused() {
    let (folder, [one, _]) = files();
    let other = folder.path().join("other");
    std::fs::write(&other, "no PEM").unwrap();
    let other = other.to_str().unwrap();
    for (key, beside, what) in [
        ("CERTIFICATE", "CLIENT_KEY", "certificate"),
        ("CLIENT_CERTIFICATE", "CLIENT_KEY", "certificate"),
        ("CLIENT_KEY", "CLIENT_CERTIFICATE", "private key"),
    ] {
        let [name, beside] = [key, beside].map(|key| format!("OTEL_EXPORTER_OTLP_{key}"));
        let variables = [(name.as_str(), other), (beside.as_str(), &one)];
        let error = link_of(Signal::Traces, &variables, &Options::default()).err().unwrap();
        assert_eq!(error, format!("{name}: {other}: holds no {what} in PEM"));
    }
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
