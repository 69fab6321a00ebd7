//! RequestHeads, read back by another parser.

use super::*;
use loadwright_core::plan::Target;
use loadwright_core::request::Head;
use loadwright_core::testkit;
use loadwright_core::trace::{TraceKey, Traceparent};
use std::collections::BTreeMap;

fn heads(headers: &[(&str, &str)]) -> RequestHeads {
    let own = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    let headers = headers.iter().map(own).collect();
    let target = Target { url: "http://h:81/v1?k=1".into(), headers, ..Target::default() };
    let endpoint = Endpoint::new(&target).unwrap();
    let mut plan = Plan { index: 3, target, ..testkit::plan() };
    plan.request.traceparent = Some(Traceparent { key: TraceKey([7; 16]), ratio: 1.0 });
    RequestHeads::new(&Arc::new(plan), &endpoint)
}

fn request() -> Request {
    let headers = vec![("Content-Type".into(), "application/json".into())];
    let head = Head { method: "POST".into(), path: Some("/x".into()), headers };
    Request { head: Arc::new(head), body: b"{}".to_vec() }
}

fn attempt() -> AttemptId {
    AttemptId { seq: 9, turn: 1, attempt: 2, warmup: false, scheduled: 0 }
}

/// Method, target and headers of what was written; panics where a header is there twice.
fn written(heads: &RequestHeads, attempt: AttemptId) -> (String, String, BTreeMap<String, String>) {
    let mut bytes = b"left from before".to_vec();
    heads.write(&mut bytes, &request(), attempt);
    let mut headers = [httparse::EMPTY_HEADER; 20];
    let mut head = httparse::Request::new(&mut headers);
    assert!(head.parse(&bytes).unwrap().is_complete());
    let mut fields = BTreeMap::new();
    for field in head.headers.iter() {
        let value = String::from_utf8(field.value.to_vec()).unwrap();
        assert_eq!(fields.insert(field.name.to_ascii_lowercase(), value), None, "{}", field.name);
    }
    (head.method.unwrap().to_owned(), head.path.unwrap().to_owned(), fields)
}

#[test]
fn a_head_has_the_request_line_and_all_headers() {
    let (method, target, fields) = written(&heads(&[]), attempt());
    assert_eq!((method.as_str(), target.as_str()), ("POST", "/x?k=1"));
    assert_eq!(fields["host"], "h:81");
    assert_eq!(fields["content-length"], "2");
    assert_eq!(fields["content-type"], "application/json");
    assert_eq!(fields["x-request-id"], "lw-3-9-1-2");
    let probe = AttemptId { seq: AttemptId::PROBE, ..attempt() };
    let fields = written(&heads(&[]), probe).2;
    assert_eq!(fields["x-request-id"], "lw-probe");
    assert!(!fields.contains_key("traceparent"));
}

#[test]
fn the_users_headers_take_precedence() {
    let own = heads(&[("HOST", "other"), ("X-Request-Id", "mine"), ("content-type", "text/x")]);
    let fields = written(&own, attempt()).2;
    assert_eq!(fields["host"], "other");
    assert_eq!(fields["x-request-id"], "mine");
    assert_eq!(fields["content-type"], "text/x");
    let own = heads(&[("Traceparent", "mine")]);
    assert_eq!(written(&own, attempt()).2["traceparent"], "mine");
    assert_eq!(own.http2(&request(), attempt()).unwrap().headers()["traceparent"], "mine");
    let twice = heads(&[("accept", "a"), ("Accept", "b")]);
    assert_eq!(written(&twice, attempt()).2["accept"], "b");
}

/// A plugin's own `traceparent` would part the trace from the one that exporters are given.
#[test]
fn traceparent_names_the_attempt_and_replaces_that_of_a_plugin() {
    let key = AttemptKey { point: 3, seq: 9, turn: 1, attempt: 2 };
    let ids = Traceparent { key: TraceKey([7; 16]), ratio: 1.0 }.ids(key);
    let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let expected = format!("00-{}-{}-01", hex(&ids.trace), hex(&ids.span));
    let heads = heads(&[]);
    assert_eq!(written(&heads, attempt()).2["traceparent"], expected);
    let mut request = request();
    Arc::make_mut(&mut request.head).headers.push(("Traceparent".into(), "plugin".into()));
    let own = heads.http2(&request, attempt()).unwrap();
    let values: Vec<_> = own.headers().get_all("traceparent").iter().collect();
    assert_eq!(values, [expected.as_str()]);
}

#[test]
fn http2_has_the_same_head() {
    let request = heads(&[("authorization", "Bearer k")]).http2(&request(), attempt()).unwrap();
    assert_eq!(request.method(), "POST");
    assert_eq!(request.uri(), "http://h:81/x?k=1");
    assert!(!request.headers().contains_key("host"));
    assert_eq!(request.headers()["authorization"], "Bearer k");
    assert_eq!(request.headers()["x-request-id"], "lw-3-9-1-2");
    let request = heads(&[("Host", "other:1")]).http2(&self::request(), attempt()).unwrap();
    assert_eq!(request.uri(), "http://other:1/x?k=1");
    assert!(!request.headers().contains_key("host"));
}
