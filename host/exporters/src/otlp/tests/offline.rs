//! Files: OTLP JSON lines, which a receiver would take one by one.

use super::receiver::begun;
use super::{Files, opened, request};
use loadwright_core::export::{ExportEnd, ExportSummary};
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use serde_json::Value;

#[test]
fn each_signal_has_a_file_of_requests() {
    let files = Files::default();
    let mut otlp = opened(&[], &[("mode", "offline")], files.clone());
    begun(otlp.as_mut());
    let requests: Vec<_> = (0..20).map(request).collect();
    otlp.requests(0, &requests).unwrap();
    otlp.end_point(0, &ExportSummary::default()).unwrap();
    otlp.end(ExportEnd::Completed).unwrap();
    let files = files.0.lock().unwrap();
    let names: Vec<_> = files.keys().map(String::as_str).collect();
    assert_eq!(names, ["logs.jsonl", "metrics.jsonl", "traces.jsonl"]);
    for (name, member) in [("logs", "resourceLogs"), ("metrics", "resourceMetrics")] {
        let text = String::from_utf8(files[&format!("{name}.jsonl")].clone()).unwrap();
        for line in text.lines() {
            let value: Value = serde_json::from_str(line).unwrap();
            assert!(value[member].is_array(), "{line}");
        }
    }
    let text = String::from_utf8(files["traces.jsonl"].clone()).unwrap();
    let spans: usize = text
        .lines()
        .map(|line| serde_json::from_str::<ExportTraceServiceRequest>(line).unwrap())
        .map(|request| request.resource_spans[0].scope_spans[0].spans.len())
        .sum();
    let sampled = requests.iter().filter(|one| one.trace.unwrap().sampled).count();
    assert_eq!(spans, sampled);
    let value: Value = serde_json::from_str(text.lines().next().unwrap()).unwrap();
    let span = &value["resourceSpans"][0]["scopeSpans"][0]["spans"][0];
    assert_eq!(span["traceId"].as_str().unwrap().len(), 32, "ids are hexadecimal");
    assert!(span["startTimeUnixNano"].is_string(), "64-bit numbers are texts");
}

/// `OTEL_SDK_DISABLED` is honoured, and told.
#[test]
fn a_disabled_sdk_sends_nothing() {
    let files = Files::default();
    let variables = [("OTEL_SDK_DISABLED", "true")];
    let mut otlp = opened(&variables, &[("mode", "offline")], files.clone());
    let ack = otlp.begin(&super::run()).unwrap();
    assert_eq!(ack.losses, ["everything: OTEL_SDK_DISABLED is true"]);
    otlp.begin_point(&super::point()).unwrap();
    otlp.requests(0, &[request(0)]).unwrap();
    assert!(files.0.lock().unwrap().is_empty());
}
