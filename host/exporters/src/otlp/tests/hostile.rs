//! Receivers that refuse, cut, hang, flood, or take a part.

use super::receiver::{begun, ok, taking};
use super::{Files, opened, request};
use crate::http::tests::server::{Answer, Server, response, status};
use opentelemetry_proto::tonic::collector::trace::v1::{
    ExportTracePartialSuccess, ExportTraceServiceResponse,
};
use prost::Message;

/// What `begin` says of a receiver that answers the first request so, with further variables.
fn begin(answers: Vec<Answer>, more: &[(&str, &str)]) -> Result<(), String> {
    let server = Server::start(answers);
    let url = server.url("");
    let mut variables = vec![("OTEL_EXPORTER_OTLP_ENDPOINT", url.as_str())];
    variables.extend(more);
    let mut otlp = opened(&variables, &[], Files::default());
    otlp.begin(&super::run()).map(drop).map_err(|error| error.to_string())
}

#[test]
fn begin_tells_at_once_what_a_receiver_refuses() {
    let cases = [
        (401, "check OTEL_EXPORTER_OTLP_HEADERS"),
        (404, "check OTEL_EXPORTER_OTLP_ENDPOINT"),
        (413, "answered 413"),
        (415, "choose another OTEL_EXPORTER_OTLP_PROTOCOL"),
        (500, "answered 500"),
    ];
    for (code, words) in cases {
        let error = begin(vec![status(code, &[])], &[]).unwrap_err();
        assert!(error.contains(words) && error.contains("/v1/traces (traces)"), "{error}");
    }
    let nobody =
        opened(&[("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:9")], &[], Files::default())
            .begin(&super::run())
            .unwrap_err();
    assert!(nobody.to_string().contains("no connection to 127.0.0.1"), "{nobody}");
}

/// Servers may refuse a request with a body of unknown length, even if there is none.
#[test]
fn checks_say_that_they_are_empty() {
    let server = taking(4);
    let url = server.url("");
    let variables = [("OTEL_EXPORTER_OTLP_ENDPOINT", url.as_str())];
    opened(&variables, &[], Files::default()).begin(&super::run()).unwrap();
    assert_eq!(server.next().header("content-length"), Some("0"));
}

#[test]
fn busy_receivers_are_asked_again() {
    let again = || status(503, &["retry-after: 0"]);
    let answers = vec![again(), ok(), ok(), ok(), ok()];
    assert_eq!(begin(answers, &[]), Ok(()));
}

#[test]
fn a_receiver_that_hangs_is_given_up_after_one_timeout() {
    let server = Server::start(vec![Answer::Hang(Vec::new()), Answer::Hang(Vec::new())]);
    let url = server.url("");
    let variables = [("OTEL_EXPORTER_OTLP_ENDPOINT", &*url), ("OTEL_EXPORTER_OTLP_TIMEOUT", "50")];
    let mut otlp = opened(&variables, &[], Files::default());
    let error = otlp.begin(&super::run()).unwrap_err().to_string();
    assert!(error.contains("no answer within 0.05 s"), "{error}");
    server.next();
    drop(otlp);
    assert!(server.is_quiet(), "there was one request");
}

#[test]
fn cutting_and_flooding_receivers_end_in_a_named_error() {
    let cut = || Answer::Close(b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nab".to_vec());
    let error = begin(vec![cut(), cut()], &[]).unwrap_err();
    assert!(error.contains("no response from 127.0.0.1"), "{error}");
    let flood = Answer::Close(response(200, &[], &vec![b' '; (4 << 20) + 1]));
    let error = begin(vec![flood], &[]).unwrap_err();
    assert!(error.contains("more than 4 MiB"), "{error}");
}

#[test]
fn what_is_rejected_is_told_with_a_count() {
    let partial =
        ExportTracePartialSuccess { rejected_spans: 3, error_message: "over\nquota".into() };
    let answer = ExportTraceServiceResponse { partial_success: Some(partial) };
    let answer = response(200, &["connection: close"], &answer.encode_to_vec());
    let answer = Answer::Close(answer);
    let server = Server::start(vec![ok(), ok(), ok(), ok(), ok(), answer]);
    let url = server.url("");
    let mut otlp = opened(&[("OTEL_EXPORTER_OTLP_ENDPOINT", &url)], &[], Files::default());
    begun(otlp.as_mut());
    let sampled = (0..).map(request).find(|one| one.trace.unwrap().sampled).unwrap();
    let ack = otlp.requests(0, &[sampled]).unwrap();
    assert_eq!(ack.losses, ["3 spans that the receiver rejected: over quota"]);
}

#[test]
fn traffic_is_counted() {
    let usage = crate::usage::Usage::default();
    let partial = ExportTracePartialSuccess { rejected_spans: 1, error_message: "x".into() };
    let answer = ExportTraceServiceResponse { partial_success: Some(partial) }.encode_to_vec();
    let told = response(200, &["connection: close"], &answer);
    let busy = status(503, &["retry-after: 0"]);
    let server = Server::start(vec![busy, ok(), ok(), ok(), ok(), ok(), Answer::Close(told)]);
    let url = server.url("");
    let variables = [("OTEL_EXPORTER_OTLP_ENDPOINT", url.as_str())];
    let mut otlp =
        super::made(&variables, &[], Files::default(), super::network(), &usage).unwrap();
    begun(otlp.as_mut());
    let before = usage.read();
    assert_eq!((before.requests, before.retries), (5, 1));
    (0..6).for_each(|_| drop(server.next()));
    let sampled = (0..).map(request).find(|one| one.trace.unwrap().sampled).unwrap();
    otlp.requests(0, &[sampled]).unwrap();
    let after = usage.read();
    assert_eq!(after.bytes_sent - before.bytes_sent, server.next().body.len() as u64);
    assert_eq!(after.bytes_received - before.bytes_received, answer.len() as u64);
}
