//! gRPC: what is sent along, and what a status means for the next try.

use super::collector::{Collector, Reply};
use super::{Files, made, network, request};
use crate::http::{Network, Pace};
use crate::usage::Usage;
use loadwright_core::ports::Exporter;
use std::time::Duration;
use tonic::{Code, Status};
use tonic_types::{ErrorDetails, StatusExt};

fn otlp(collector: &Collector, more: &[(&str, &str)], usage: &Usage) -> Box<dyn Exporter> {
    let url = collector.url();
    let mut variables =
        vec![("OTEL_EXPORTER_OTLP_ENDPOINT", &*url), ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc")];
    variables.extend(more);
    made(&variables, &[], Files::default(), network(), usage).unwrap()
}

fn begin(collector: &Collector, more: &[(&str, &str)]) -> Result<(), String> {
    let begun = otlp(collector, more, &Usage::default()).begin(&super::run());
    begun.map(drop).map_err(|error| error.to_string())
}

fn refuse(code: Code) -> Reply {
    Reply::Refuse(Status::new(code, "no\nway"))
}

fn exhausted(delay: Duration) -> Reply {
    let details = ErrorDetails::with_retry_info(Some(delay));
    Reply::Refuse(Status::with_error_details(Code::ResourceExhausted, "busy", details))
}

#[test]
fn headers_and_compression_go_along() {
    let collector = Collector::start(Vec::new());
    let variables = [
        ("OTEL_EXPORTER_OTLP_HEADERS", "X-Tenant=a%20b"),
        ("OTEL_EXPORTER_OTLP_COMPRESSION", "gzip"),
    ];
    begin(&collector, &variables).unwrap();
    let metadata = collector.next().metadata;
    let text = |name: &str| metadata.get(name).map(|value| value.to_str().unwrap().to_owned());
    assert_eq!(text("x-tenant").as_deref(), Some("a b"));
    assert_eq!(text("grpc-encoding").as_deref(), Some("gzip"));
    assert!(text("user-agent").unwrap().starts_with("loadwright/"), "{metadata:?}");
}

#[test]
fn statuses_are_tried_again_by_the_table_of_the_specification() {
    let again = [
        Code::Cancelled,
        Code::DeadlineExceeded,
        Code::Aborted,
        Code::OutOfRange,
        Code::Unavailable,
        Code::DataLoss,
    ];
    for code in again {
        assert_eq!(begin(&Collector::start(vec![refuse(code)]), &[]), Ok(()), "{code:?}");
    }
    let last = [
        (Code::Unknown, "answered Unknown: no way"),
        (Code::InvalidArgument, "answered InvalidArgument: no way"),
        (Code::NotFound, "answered NotFound"),
        (Code::AlreadyExists, "answered AlreadyExists"),
        (Code::FailedPrecondition, "answered FailedPrecondition"),
        (Code::Internal, "answered Internal"),
        (Code::ResourceExhausted, "answered ResourceExhausted"),
        (Code::Unauthenticated, "check OTEL_EXPORTER_OTLP_HEADERS"),
        (Code::PermissionDenied, "check OTEL_EXPORTER_OTLP_HEADERS"),
        (Code::Unimplemented, "traces, metrics or logs=false"),
    ];
    for (code, words) in last {
        let collector = Collector::start(vec![refuse(code)]);
        let error = begin(&collector, &[]).unwrap_err();
        assert!(error.contains(words) && error.contains("(traces)"), "{error}");
        collector.next();
        assert!(collector.is_quiet(), "{code:?} is not tried again");
    }
}

#[test]
fn a_receiver_that_is_full_is_asked_again_when_it_says() {
    assert_eq!(begin(&Collector::start(vec![exhausted(Duration::ZERO)]), &[]), Ok(()));
    let later = Collector::start(vec![exhausted(Duration::from_millis(40))]);
    let begun = crate::clock::instant();
    assert_eq!(begin(&later, &[]), Ok(()));
    assert!(begun.elapsed() >= Duration::from_millis(40), "{:?}", begun.elapsed());
    let longest_asked = Pace::default().longest_asked + Duration::from_secs(1);
    let error = begin(&Collector::start(vec![exhausted(longest_asked)]), &[]).unwrap_err();
    assert!(error.contains("answered ResourceExhausted: busy"), "{error}");
}

#[test]
fn what_is_rejected_is_told_with_a_count() {
    let taken = || [Reply::Take, Reply::Take, Reply::Take, Reply::Take];
    let replies = taken().into_iter().chain([Reply::Part(2, "over\nquota".into())]);
    let collector = Collector::start(replies.collect());
    let mut otlp = otlp(&collector, &[], &Usage::default());
    otlp.begin(&super::run()).map(drop).unwrap();
    let ack = otlp.begin_point(&super::point()).unwrap();
    assert_eq!(ack.losses, ["2 log records that the receiver rejected: over quota"]);
}

/// Hanging, flooding and gone: each ends in a named error.
#[test]
fn hostile_receivers_end_in_a_named_error() {
    let timeout = [("OTEL_EXPORTER_OTLP_TIMEOUT", "50")];
    let hanging = Collector::start(vec![Reply::Hang]);
    let error = begin(&hanging, &timeout).unwrap_err();
    assert!(error.contains("no answer within 0.05 s"), "{error}");
    hanging.next();
    assert!(hanging.is_quiet(), "one timeout, not two");
    let flood = Collector::start(vec![Reply::Part(1, "x".repeat((4 << 20) + 1))]);
    let error = begin(&flood, &[]).unwrap_err();
    assert!(error.contains("message length too large"), "{error}");
    let variables = [
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:9"),
        ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc"),
    ];
    let nobody = made(&variables, &[], Files::default(), Network::default(), &Usage::default());
    let error = nobody.unwrap().begin(&super::run());
    let error = error.err().unwrap().to_string();
    assert!(error.contains("no connection to 127.0.0.1"), "{error}");
}

#[test]
fn traffic_is_counted() {
    let usage = Usage::default();
    let collector = Collector::start(vec![Reply::Take, refuse(Code::Unavailable)]);
    let mut otlp = otlp(&collector, &[], &usage);
    otlp.begin(&super::run()).map(drop).unwrap();
    otlp.begin_point(&super::point()).unwrap();
    let before = usage.read();
    assert_eq!((before.requests, before.retries), (5, 1));
    let sampled = (0..).map(request).find(|one| one.trace.unwrap().sampled).unwrap();
    otlp.requests(0, &[sampled]).unwrap();
    (0..6).for_each(|_| drop(collector.next()));
    let size = prost::Message::encoded_len(&match collector.next().payload {
        crate::otlp::payload::Payload::Traces(request) => request,
        other => panic!("{other:?}"),
    });
    // gRPC has five bytes before each message, and an answer without a message in it is those alone.
    let after = usage.read();
    assert_eq!(after.bytes_sent - before.bytes_sent, size as u64 + 5);
    assert_eq!(after.bytes_received - before.bytes_received, 5);
}
