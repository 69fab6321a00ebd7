use super::*;
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span};

fn exchange(at_s: u64, path: &str, spans: usize) -> Exchange {
    let scope_spans =
        vec![ScopeSpans { spans: vec![Span::default(); spans], ..Default::default() }];
    let resource_spans = vec![ResourceSpans { scope_spans, ..Default::default() }];
    let body = ExportTraceServiceRequest { resource_spans }.encode_to_vec().into();
    Exchange { at: at_s * 1_000_000_000, path: path.into(), body }
}

#[test]
fn spans_are_counted_by_what_arrived_and_when() {
    let kept = [
        exchange(1, TRACES, 0),
        exchange(2, TRACES, 30),
        exchange(3, "/v1/metrics", 7),
        exchange(6, TRACES, 10),
    ];
    let received = count(&kept).unwrap();
    assert_eq!((received.requests, received.spans), (4, 40));
    assert_eq!(received.spans_per_s, Some(10.0));
}

#[test]
fn what_is_no_protobuf_is_an_error() {
    let exchange = Exchange { at: 1, path: TRACES.into(), body: Bytes::from_static(b"\xff") };
    assert!(count(&[exchange]).is_err());
}
