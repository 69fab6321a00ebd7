//! OTLP over the built binary: the names of settings, failures, the run's log, and what was sent.

use super::scripted::{answering_each, recording, reply};
use super::{Place, ends, stderr, stdout};
use serde_json::Value;

const OFFLINE: &str = "--exporter otlp --exporter-option otlp.mode=offline";

/// The requests of a signal, one a line.
fn lines(place: &Place, signal: &str) -> Vec<Value> {
    let text = place.text(&format!("exports/otlp/{signal}.jsonl"));
    text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
}

/// What stands under these names one below the other, in all of `values`.
fn below(values: Vec<Value>, names: &[&str]) -> Vec<Value> {
    names.iter().fold(values, |values, name| {
        let lists = values.iter().filter_map(|value| value[*name].as_array());
        lists.flatten().cloned().collect()
    })
}

fn spans(place: &Place) -> Vec<Value> {
    below(lines(place, "traces"), &["resourceSpans", "scopeSpans", "spans"])
}

fn log(place: &Place) -> Vec<Value> {
    below(lines(place, "logs"), &["resourceLogs", "scopeLogs", "logRecords"])
}

fn attribute<'a>(of: &'a Value, key: &str) -> &'a Value {
    let attributes = of["attributes"].as_array().expect("attributes");
    let found = attributes.iter().find(|one| one["key"] == key);
    found.map_or(&Value::Null, |one| &one["value"])
}

/// The settings that the conventions read are those that a plan has.
#[test]
fn a_span_says_what_was_asked_for() {
    let place = Place::new();
    let line = "--simulate --parallel 1 -n 2 --max-tokens 4 --no-test-connection --top-p 0.9 \
                --top-k 40 --frequency-penalty 0.5 --temperature 0.75 --n-choices 2 --stop END";
    ends(place.perf(&format!("{line} {OFFLINE}")), 0);
    let spans = spans(&place);
    assert_eq!(spans.len(), 2);
    let list = serde_json::json!({ "arrayValue": { "values": [{ "stringValue": "END" }] } });
    let expected = [
        ("gen_ai.operation.name", serde_json::json!({ "stringValue": "chat" })),
        ("gen_ai.provider.name", serde_json::json!({ "stringValue": "openai" })),
        ("gen_ai.request.model", serde_json::json!({ "stringValue": "simulated" })),
        ("gen_ai.request.stream", serde_json::json!({ "boolValue": true })),
        ("gen_ai.request.max_tokens", serde_json::json!({ "intValue": "4" })),
        ("gen_ai.request.top_p", serde_json::json!({ "doubleValue": 0.9 })),
        ("gen_ai.request.top_k", serde_json::json!({ "intValue": "40" })),
        ("gen_ai.request.frequency_penalty", serde_json::json!({ "doubleValue": 0.5 })),
        ("gen_ai.request.temperature", serde_json::json!({ "doubleValue": 0.75 })),
        ("gen_ai.request.choice.count", serde_json::json!({ "intValue": "2" })),
        ("gen_ai.request.stop_sequences", list),
    ];
    for span in &spans {
        for (key, value) in &expected {
            assert_eq!(attribute(span, key), value, "{key} of {span}");
        }
        assert_ne!(attribute(span, "gen_ai.response.finish_reasons")["arrayValue"], Value::Null);
    }
}

/// Half of the requests fail; the durations of both halves are there, told apart.
#[test]
fn durations_are_of_failures_too() {
    let place = Place::new();
    let body = r#"{"choices":[{"index":0,"message":{"content":"x"},"finish_reason":"stop"}],
                   "usage":{"prompt_tokens":3,"completion_tokens":1}}"#;
    let address = answering_each(move |number| match number % 2 {
        0 => reply("200 OK", "content-type: application/json\r\n", body),
        _ => reply("500 Internal Server Error", "", "{}"),
    });
    let line = format!(
        "--model m --url http://{address}/v1/chat/completions --no-stream --parallel 1 -n 6 \
         --no-test-connection {OFFLINE}"
    );
    ends(place.perf(&line), 0);
    let metrics = below(lines(&place, "metrics"), &["resourceMetrics", "scopeMetrics", "metrics"]);
    let mut durations =
        metrics.iter().filter(|one| one["name"] == "gen_ai.client.operation.duration");
    let durations = durations.next_back().expect("durations");
    let points = durations["exponentialHistogram"]["dataPoints"].as_array().expect("points");
    let count = |error: &Value| {
        let found = points.iter().find(|point| attribute(point, "error.type") == error);
        found.unwrap_or_else(|| panic!("{error} in {durations}"))["count"].clone()
    };
    assert_eq!(count(&Value::Null), "3");
    assert_eq!(count(&serde_json::json!({ "stringValue": "http_500" })), "3");
    let failed = spans(&place).iter().filter(|span| span["status"]["code"] == 2).count();
    assert_eq!(failed, 3);
}

/// Every entry of `benchmark.log` up to the exporter's end, with all of its lines.
#[test]
fn the_log_is_sent() {
    let place = Place::new();
    let line = "--simulate --parallel 1 -n 2 --max-tokens 2 --no-test-connection";
    ends(place.perf(&format!("{line} {OFFLINE}")), 0);
    let log = log(&place);
    let said = |record: &Value| record["body"]["stringValue"].as_str().expect("text").to_owned();
    let text = place.text("benchmark.log");
    let first = text.lines().next().expect("a line");
    let zone = first.split_once(" - loadwright - INFO - ").expect("an entry").1;
    assert!(zone.starts_with("local time is UTC"), "{first}");
    assert!(log.iter().any(|record| said(record) == zone), "{log:?}");
    let report = log.iter().find(|record| said(record).starts_with("parallel_1_number_2\n"));
    let report = said(report.expect("the report"));
    assert!(report.contains("Benchmarking summary:") && text.contains(&report), "{report}");
    let ends: Vec<String> = log.iter().map(said).collect();
    assert_eq!(ends.last().map(String::as_str), Some("run completed"));
    for record in &log {
        assert!(record["traceId"].as_str().is_none_or(str::is_empty), "{record}");
        assert!(record["timeUnixNano"].as_str().is_some_and(|time| time.len() == 19), "{record}");
        assert!(record["severityNumber"].as_i64().is_some_and(|number| number > 0), "{record}");
    }
}

#[test]
fn the_closing_line_says_what_was_sent() {
    let place = Place::new();
    let (address, received) = recording(reply("200 OK", "", ""));
    let line = "--simulate --parallel 1 -n 4 --max-tokens 2 --no-test-connection --exporter otlp";
    let mut command = place.perf(line);
    command.env("OTEL_EXPORTER_OTLP_ENDPOINT", format!("http://{address}"));
    let output = ends(command, 0);
    let said = stdout(&output) + &stderr(&output);
    let said = said.split_whitespace().collect::<Vec<_>>().join(" ");
    let received = received.lock().expect("whole");
    let bytes: usize = received.iter().map(|request| request.body.len()).sum();
    let wanted = format!("in {} HTTP requests of {bytes} bytes", received.len());
    assert!(said.contains(&wanted), "{wanted}: {said}");
}

/// A run's folder, sent by gRPC to nobody: the error names the receiver and the variable.
#[test]
fn a_receiver_that_is_not_there_stops_the_run() {
    let place = Place::new();
    let mut command = place.perf("--simulate --parallel 1 -n 4 --exporter otlp");
    command.env("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:9");
    command.env("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc");
    let output = command.output().expect("it runs");
    assert!(!output.status.success());
    let said = stderr(&output);
    assert!(said.contains("127.0.0.1"), "{said}");
    assert!(!place.run().join("parallel_1_number_4").exists(), "nothing was measured");
}
