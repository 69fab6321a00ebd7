//! RequestHeads, read back by another parser.

use super::*;
use loadwright_core::plan::Target;
use loadwright_core::request::Head;
use loadwright_core::testkit;
use std::collections::BTreeMap;

fn heads(headers: &[(&str, &str)]) -> RequestHeads {
    let own = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    let headers = headers.iter().map(own).collect();
    let target = Target { url: "http://h:81/v1?k=1".into(), headers, ..Target::default() };
    let endpoint = Endpoint::new(&target).unwrap();
    RequestHeads::new(&Arc::new(Plan { index: 3, target, ..testkit::plan() }), &endpoint)
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
    assert_eq!(written(&heads(&[]), probe).2["x-request-id"], "lw-probe");
}

#[test]
fn the_users_headers_take_precedence() {
    let own = heads(&[("HOST", "other"), ("X-Request-Id", "mine"), ("content-type", "text/x")]);
    let fields = written(&own, attempt()).2;
    assert_eq!(fields["host"], "other");
    assert_eq!(fields["x-request-id"], "mine");
    assert_eq!(fields["content-type"], "text/x");
    let twice = heads(&[("accept", "a"), ("Accept", "b")]);
    assert_eq!(written(&twice, attempt()).2["accept"], "b");
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
