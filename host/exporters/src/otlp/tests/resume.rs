//! Calls that are made again: in the same process, and in a later one that goes on with what was stored.

use super::receiver::{Received, begun, ok};
use super::{Files, ORIGIN, given, made, network, opened, point, request, run};
use crate::http::tests::server::{Server, status};
use crate::usage::Usage;
use loadwright_core::export::{ExportEnd, ExportRequest, ExportRun, ExportSummary, Row};
use loadwright_core::ports::{Cause, Exporter, Fault};
use loadwright_core::record::Record;
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_proto::tonic::metrics::v1::{AggregationTemporality, number_data_point};
use serde_json::Value;
use std::collections::BTreeMap;

const LOG: &str = "results/benchmark.log";
const ZONE: &str = "2023-11-14 23:13:20,000 - loadwright - INFO - local time is UTC+01:00\n";
const ENTRIES: &str = "2023-11-14 23:13:20,500 - plugin a - WARNING - odd\n\
                       2023-11-14 23:13:21,000 - loadwright - INFO - report\n\n  of two lines\n";

fn offline(options: &[(&str, &str)], files: &Files) -> Box<dyn Exporter> {
    let variables = [("OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE", "cumulative")];
    let options = [&[("mode", "offline"), ("interval", "1")], options].concat();
    opened(&variables, &options, files.clone())
}

fn row(at: f64) -> Row {
    let names = loadwright_core::interval::RowNames::Own.metrics(&[]);
    Row { at, values: vec![None; names.len()] }
}

/// The lines of a file, each a request.
fn lines(files: &Files, name: &str) -> Vec<Value> {
    let files = files.0.lock().unwrap();
    let text = std::str::from_utf8(&files[name]).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// Ids of spans, sorted.
fn spans(files: &Files) -> Vec<String> {
    let lines = lines(files, "traces.jsonl");
    let all = lines.iter().map(|line| line["resourceSpans"][0]["scopeSpans"][0]["spans"].clone());
    let all = all.flat_map(|spans| spans.as_array().unwrap().clone());
    let mut ids: Vec<_> = all.map(|span| span["spanId"].as_str().unwrap().to_owned()).collect();
    ids.sort();
    ids
}

/// Severity, text and source of the log records.
fn log(files: &Files) -> Vec<(String, String, String)> {
    let lines = lines(files, "logs.jsonl");
    let all =
        lines.iter().map(|line| line["resourceLogs"][0]["scopeLogs"][0]["logRecords"].clone());
    let all = all.flat_map(|records| records.as_array().unwrap().clone());
    let told = |record: Value| {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let attributes = record["attributes"].as_array().cloned().unwrap_or_default();
        let source = attributes.iter().find(|one| one["key"] == "loadwright.source");
        let source = source.map(|one| text(&one["value"]["stringValue"])).unwrap_or_default();
        (text(&record["severityText"]), text(&record["body"]["stringValue"]), source)
    };
    all.map(told).collect()
}

fn sampled(requests: &[ExportRequest]) -> Vec<String> {
    let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let sampled = requests.iter().filter_map(|one| one.trace).filter(|ids| ids.sampled);
    let mut ids: Vec<_> = sampled.map(|ids| hex(&ids.span)).collect();
    ids.sort();
    ids
}

fn text(severity: &str, text: &str, source: &str) -> (String, String, String) {
    (severity.into(), text.into(), source.into())
}

/// A process that ends after it wrote, and before that was stored: nothing is in the files twice, nor
/// missing.
#[test]
fn files_hold_everything_once() {
    let files = Files::default();
    files.0.lock().unwrap().insert(LOG.into(), [ZONE, ENTRIES].concat().into());
    let requests: Vec<_> = (0..100).map(request).collect();
    let mut first = offline(&[], &files);
    first.begin(&run()).unwrap();
    first.begin_point(&point()).unwrap();
    let stored = first.requests(0, &requests[..50]).unwrap().state.unwrap();
    // Of what follows nothing is stored.
    first.progress(0, &[row(1.5)]).unwrap();
    first.requests(0, &requests[50..70]).unwrap();
    drop(first);
    files.0.lock().unwrap().get_mut("traces.jsonl").unwrap().extend(b"{\"half");
    let mut later = offline(&[], &files);
    later.begin(&ExportRun { resume: stored, ..run() }).unwrap();
    later.begin_point(&point()).unwrap();
    later.recall(&requests[..50]);
    later.progress(0, &[row(1.5)]).unwrap();
    later.requests(0, &requests[50..]).unwrap();
    later.end_point(0, &ExportSummary { ended: 3.0, ..ExportSummary::default() }).unwrap();
    later.end(ExportEnd::Completed).unwrap();
    assert_eq!(spans(&files), sampled(&requests));
    let expected = [
        text("INFO", "local time is UTC+01:00", ""),
        text("WARN", "odd", "plugin a"),
        text("INFO", "run a run begins: 1 points", ""),
        text("INFO", "point p begins", ""),
        text("INFO", "point ends: ", ""),
        text("INFO", "report\n\n  of two lines", ""),
        text("INFO", "run completed", ""),
    ];
    assert_eq!(log(&files), expected);
    let last = lines(&files, "logs.jsonl").pop().unwrap();
    let records = &last["resourceLogs"][0]["scopeLogs"][0]["logRecords"];
    // 23:13:21 at UTC+01:00 is 1 s after 1,700,000,000; the run ended 3 s after its point began.
    let times: Vec<_> =
        records.as_array().unwrap().iter().map(|one| &one["timeUnixNano"]).collect();
    assert_eq!(times, ["1700000001000000000", "1700000003000000000"]);
    assert_series(&files);
}

/// A series that goes on begins where it began, and never falls.
fn assert_series(files: &Files) {
    let mut series = BTreeMap::<String, Vec<(u64, u64, f64)>>::new();
    for line in lines(files, "metrics.jsonl") {
        let metrics = &line["resourceMetrics"][0]["scopeMetrics"][0]["metrics"];
        for metric in metrics.as_array().unwrap() {
            let histogram = &metric["exponentialHistogram"];
            let data = if histogram.is_null() { &metric["sum"] } else { histogram };
            let number = |value: &Value| value.as_str().unwrap().parse::<u64>().unwrap();
            for point in data["dataPoints"].as_array().unwrap() {
                let count = point["count"].as_str().and_then(|count| count.parse().ok());
                let value = count.or(point["asDouble"].as_f64()).unwrap();
                let times = [&point["startTimeUnixNano"], &point["timeUnixNano"]].map(number);
                let name = metric["name"].as_str().unwrap().to_owned();
                series.entry(name).or_default().push((times[0], times[1], value));
            }
        }
    }
    assert_eq!(series["latency"].last().unwrap().2, 100.0);
    assert_eq!(series["requests"].last().unwrap().2, 100.0);
    for (name, points) in series {
        for pair in points.windows(2) {
            assert_eq!(pair[0].0, ORIGIN as u64 * 1_000_000_000, "{name}");
            assert_eq!(pair[0].0, pair[1].0, "{name}");
            assert!(pair[0].1 <= pair[1].1 && pair[0].2 <= pair[1].2, "{name}: {pair:?}");
        }
    }
}

/// What differences of a counter add up to, and when each begins and ends.
fn differences(received: &Received, name: &str) -> Vec<(u64, u64, f64)> {
    let resources = received.metrics.iter().flat_map(|request| &request.resource_metrics);
    let metrics = resources.flat_map(|of| &of.scope_metrics).flat_map(|of| &of.metrics);
    let point = |data: &Data| {
        let Data::Sum(sum) = data else { panic!("a sum") };
        assert_eq!(sum.aggregation_temporality, AggregationTemporality::Delta as i32);
        let point = &sum.data_points[0];
        let Some(number_data_point::Value::AsDouble(value)) = point.value else { panic!() };
        (point.start_time_unix_nano, point.time_unix_nano, value)
    };
    metrics
        .filter(|metric| metric.name == name)
        .filter_map(|one| one.data.as_ref())
        .map(point)
        .collect()
}

/// Differences follow each other without a gap, and a later process leaves out what was sent.
#[test]
fn differences_are_sent_once() {
    for preference in ["delta", "lowmemory"] {
        let server = super::receiver::taking(64);
        let url = server.url("");
        let variables = [
            ("OTEL_EXPORTER_OTLP_ENDPOINT", url.as_str()),
            ("OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE", preference),
        ];
        let options = [("interval", "1"), ("traces", "false"), ("logs", "false")];
        let requests: Vec<_> = (0..100).map(request).collect();
        let mut first = opened(&variables, &options, Files::default());
        begun(first.as_mut());
        first.requests(0, &requests[..40]).unwrap();
        first.progress(0, &[row(1.0)]).unwrap();
        let stored = first.requests(0, &requests[40..60]).unwrap().state.unwrap();
        drop(first);
        let mut later = opened(&variables, &options, Files::default());
        later.begin(&ExportRun { resume: stored, ..run() }).unwrap();
        later.begin_point(&point()).unwrap();
        later.recall(&requests[..60]);
        later.progress(0, &[row(2.0)]).unwrap();
        later.requests(0, &requests[60..]).unwrap();
        later.end_point(0, &ExportSummary { ended: 3.0, ..ExportSummary::default() }).unwrap();
        let received = Received::of(&server, 1 + 1 + 1 + 1 + 1);
        let at = |seconds: u64| (ORIGIN as u64 + seconds) * 1_000_000_000;
        let expected = [(at(0), at(1), 40.0), (at(1), at(2), 20.0), (at(2), at(3), 40.0)];
        assert_eq!(differences(&received, "requests"), expected, "{preference}");
        let Data::ExponentialHistogram(latency) = received.metric("latency") else { panic!() };
        assert_eq!(latency.aggregation_temporality, AggregationTemporality::Delta as i32);
        assert_eq!(latency.data_points[0].count, 40);
    }
}

/// Totals that rise and fall stay totals, from the start of the point.
#[test]
fn in_flight_is_a_total_with_every_preference() {
    let names = loadwright_core::interval::RowNames::Own.metrics(&[]);
    let place = names.iter().position(|metric| metric.name == "in_flight").unwrap();
    for preference in ["cumulative", "delta", "lowmemory"] {
        let server = super::receiver::taking(64);
        let url = server.url("");
        let variables = [
            ("OTEL_EXPORTER_OTLP_ENDPOINT", url.as_str()),
            ("OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE", preference),
        ];
        let options = [("interval", "1"), ("traces", "false"), ("logs", "false")];
        let mut otlp = opened(&variables, &options, Files::default());
        begun(otlp.as_mut());
        for (at, value) in [(1.0, 4.0), (2.0, 3.0)] {
            let mut row = row(at);
            row.values[place] = Some(value);
            otlp.progress(0, &[row]).unwrap();
        }
        let received = Received::of(&server, 1 + 2);
        let Data::Sum(sum) = received.metric("in_flight") else { panic!("a sum") };
        assert_eq!(sum.aggregation_temporality, AggregationTemporality::Cumulative as i32);
        let point = &sum.data_points[0];
        assert_eq!(point.value, Some(number_data_point::Value::AsDouble(3.0)), "{preference}");
        assert_eq!(point.start_time_unix_nano, ORIGIN as u64 * 1_000_000_000, "{preference}");
    }
}

/// A receiver that is busy for longer than a call is tried: the call is made again, and what it was
/// given counts once.
#[test]
fn a_call_that_is_made_again_sends_once() {
    let busy = || status(503, &["retry-after: 0"]);
    let mut answers: Vec<_> = (0..5).map(|_| ok()).collect();
    answers.extend((0..3).map(|_| busy()));
    answers.push(ok());
    // At the end of the point: the slow tail is taken, its metrics are not, at first.
    answers.push(ok());
    answers.extend((0..3).map(|_| busy()));
    answers.extend((0..3).map(|_| ok()));
    let server = Server::start(answers);
    let url = server.url("");
    let variables = [("OTEL_EXPORTER_OTLP_ENDPOINT", url.as_str())];
    let mut otlp = made(&variables, &[], Files::default(), network(), &Usage::default()).unwrap();
    begun(otlp.as_mut());
    // The slowest is not sampled, so that there is a slow tail.
    let count = (200..).find(|count| !request(count - 1).trace.unwrap().sampled).unwrap();
    let mut requests: Vec<_> = (0..count).map(request).collect();
    let turn = Record { turn: 1, ..(*requests[0].record).clone() };
    requests.push(given(turn));
    let again = |failure: loadwright_core::ports::PluginFailure| match failure.cause {
        Cause::Fault(Fault::Transient(_)) => {}
        other => panic!("{other:?}"),
    };
    again(otlp.requests(0, &requests).unwrap_err());
    otlp.requests(0, &requests).unwrap();
    let summary = super::values::summary(super::values::p99(&requests));
    again(otlp.end_point(0, &summary).unwrap_err());
    otlp.end_point(0, &summary).unwrap();
    let seen: Vec<_> = (0..5 + 4 + 1 + 4 + 1).map(|_| server.next()).collect();
    let paths: Vec<_> = seen[5..].iter().map(|seen| seen.line.split(' ').nth(1).unwrap()).collect();
    let (traces, metrics) = ("/v1/traces", "/v1/metrics");
    let tail = [traces, metrics, metrics, metrics, metrics, "/v1/logs"];
    assert_eq!(paths, [&[traces; 4][..], &tail].concat());
    assert!(server.is_quiet());
    assert_eq!(seen[5].body, seen[8].body);
    let received = Received::of_seen(&seen[8..]);
    let mut ids: Vec<_> = received.spans().iter().map(|span| span.span_id.clone()).collect();
    let all = ids.len();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), all, "each once");
    let Data::ExponentialHistogram(latency) = received.metric("latency") else { panic!() };
    assert_eq!(latency.data_points[0].count, requests.len() as u64);
    assert_eq!(received.logs.last().unwrap().resource_logs[0].scope_logs[0].log_records.len(), 2);
}
