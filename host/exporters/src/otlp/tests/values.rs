//! Values: spans by the records, histograms by the summary.

use super::receiver::{Received, Taking, begun, taking};
use super::{Files, ORIGIN, TRACED, ZERO, given, opened, request};
use loadwright_core::Nanos;
use loadwright_core::export::{
    Distribution, ExportEnd, ExportRequest, ExportSummary, Quantile, Row,
};
use loadwright_core::outcome::Outcome;
use loadwright_core::record::Record;
use loadwright_core::trace::AttemptKey;
use opentelemetry_proto::tonic::common::v1::KeyValue;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_proto::tonic::metrics::v1::number_data_point;
use opentelemetry_proto::tonic::trace::v1::Span;

fn value<'a>(attributes: &'a [KeyValue], key: &str) -> Option<&'a Value> {
    let found = attributes.iter().find(|attribute| attribute.key == key)?;
    found.value.as_ref()?.value.as_ref()
}

fn text(text: &str) -> Option<Value> {
    Some(Value::StringValue(text.into()))
}

/// `at` of the run's clock as the time of day.
fn date(at: Nanos) -> u64 {
    ORIGIN as u64 * 1_000_000_000 + at - ZERO
}

/// The 99th percentile of the latency of those that succeeded, by the nearest rank.
pub(super) fn p99(requests: &[ExportRequest]) -> f64 {
    let succeeded = requests.iter().filter(|one| one.record.outcome.is_ok());
    let mut sorted: Vec<f64> = succeeded.map(latency).collect();
    sorted.sort_by(f64::total_cmp);
    sorted[(sorted.len() * 99).div_ceil(100) - 1]
}

pub(super) fn summary(p99: f64) -> ExportSummary {
    let latency = Distribution {
        metric: "latency".into(),
        quantiles: vec![Quantile { q: 0.99, value: p99 }],
        ..Distribution::default()
    };
    ExportSummary {
        ended: 9.0,
        verdict: "valid_with_warnings".into(),
        warnings: vec!["the client was busy".into()],
        distributions: vec![latency],
        ..ExportSummary::default()
    }
}

fn latency(request: &ExportRequest) -> f64 {
    let record = &request.record;
    (record.timeline.end - record.timeline.sent.unwrap()) as f64 / 1e9
}

/// With each of these the same is received.
fn transports() -> Vec<Vec<(&'static str, &'static str)>> {
    vec![
        vec![],
        vec![("OTEL_EXPORTER_OTLP_PROTOCOL", "http/json")],
        vec![("OTEL_EXPORTER_OTLP_COMPRESSION", "gzip")],
        vec![("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc")],
        vec![("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc"), ("OTEL_EXPORTER_OTLP_COMPRESSION", "gzip")],
    ]
}

/// Three checks, two lines of the log, spans, the tail, metrics, and the log's end.
fn sent(variables: &[(&str, &str)], requests: &[ExportRequest]) -> Received {
    let server = Taking::by(variables);
    let url = server.url();
    let mut variables = variables.to_vec();
    variables.push(("OTEL_EXPORTER_OTLP_ENDPOINT", &url));
    variables.push(("OTEL_RESOURCE_ATTRIBUTES", "team=a%20b,service.name=other"));
    variables.push(("OTEL_SERVICE_NAME", "mine"));
    let mut otlp = opened(&variables, &[("phases", "true")], Files::default());
    begun(otlp.as_mut());
    otlp.requests(0, requests).unwrap();
    otlp.end_point(0, &summary(p99(requests))).unwrap();
    otlp.end(ExportEnd::Completed).unwrap();
    drop(otlp);
    server.received(3 + 2 + 1 + 1 + 1 + 1 + 1)
}

fn span_of<'a>(received: &'a Received, request: &ExportRequest, name: &str) -> Option<&'a Span> {
    let ids = request.trace.unwrap();
    let spans = received.spans();
    spans.into_iter().find(|span| span.trace_id == ids.trace && span.name == name)
}

/// 200 requests of 400 that are sampled by half, one of which failed, and the slowest.
#[test]
fn spans_have_the_times_ids_and_attributes_of_the_records() {
    let mut requests: Vec<_> = (0..400).map(request).collect();
    let unsampled = requests.iter().position(|one| !one.trace.unwrap().sampled).unwrap();
    let broken = Record {
        outcome: Outcome::Status(503),
        error: "overloaded".into(),
        ..(*requests[unsampled].record).clone()
    };
    requests[unsampled] = given(broken);
    for variables in transports() {
        let received = sent(&variables, &requests);
        let p99 = p99(&requests);
        for (index, one) in requests.iter().enumerate() {
            let ids = TRACED.ids(AttemptKey::of(0, &one.record));
            let wanted = ids.sampled || index == unsampled || latency(one) > p99;
            let span = span_of(&received, one, "chat m");
            assert_eq!(span.is_some(), wanted, "request {index}");
            let Some(span) = span else { continue };
            let timeline = &one.record.timeline;
            assert_eq!(span.span_id, ids.span);
            assert_eq!(span.parent_span_id, [0_u8; 0]);
            assert_eq!(span.start_time_unix_nano, date(timeline.sent.unwrap()));
            assert_eq!(span.end_time_unix_nano, date(timeline.end));
            assert_eq!(span.kind, 3, "a client's");
            assert_eq!(value(&span.attributes, "tokens"), Some(&Value::IntValue(2)));
            assert_eq!(value(&span.attributes, "temperature"), Some(&Value::DoubleValue(0.5)));
            assert_eq!(value(&span.attributes, "absent"), None);
            let status = span.status.as_ref().unwrap();
            let failed = index == unsampled;
            assert_eq!(
                (status.code, status.message.as_str()),
                match failed {
                    true => (2, "overloaded"),
                    false => (0, ""),
                }
            );
            let class = one.record.outcome.class();
            assert_eq!(value(&span.attributes, "outcome").cloned(), text(&class));
            let wait = span_of(&received, one, "wait m").unwrap();
            assert_eq!(wait.parent_span_id, ids.span);
            assert_ne!(wait.span_id, ids.span);
            assert_eq!(wait.end_time_unix_nano, date(one.record.frames[0].at));
        }
        let resource = received.traces.iter().flat_map(|one| &one.resource_spans).next().unwrap();
        let attributes = &resource.resource.as_ref().unwrap().attributes;
        assert_eq!(value(attributes, "service.name").cloned(), text("mine"));
        assert_eq!(value(attributes, "team").cloned(), text("a b"));
        assert_eq!(value(attributes, "kind").cloned(), text("load"));
    }
}

/// Bucket `index` of a histogram with base 2^(2^-scale) holds values up to base^(index + 1): its error
/// is that of a bucket.
#[test]
fn histograms_have_the_counts_sums_and_percentiles_of_the_records() {
    for variables in transports() {
        assert_histograms(&variables);
    }
}

fn assert_histograms(variables: &[(&str, &str)]) {
    let requests: Vec<_> = (0..400).map(request).collect();
    let received = sent(variables, &requests);
    let Data::ExponentialHistogram(histogram) = received.metric("latency") else {
        panic!("an exponential histogram");
    };
    assert_eq!(histogram.aggregation_temporality, 2, "cumulative");
    let point = &histogram.data_points[0];
    let mut latencies: Vec<f64> = requests.iter().map(latency).collect();
    latencies.sort_by(f64::total_cmp);
    let sum: f64 = latencies.iter().sum();
    assert_eq!(point.count, 400);
    assert!((point.sum.unwrap() - sum).abs() < 1e-9);
    assert_eq!((point.min, point.max), (Some(latencies[0]), Some(latencies[399])));
    assert_eq!(point.start_time_unix_nano, ORIGIN as u64 * 1_000_000_000);
    assert_eq!(point.time_unix_nano, (ORIGIN as u64 + 9) * 1_000_000_000);
    let base = 2_f64.powf(2_f64.powi(-point.scale));
    let buckets = point.positive.as_ref().unwrap();
    for rank in [200_u64, 360, 396] {
        let mut below = 0;
        let place = buckets.bucket_counts.iter().position(|count| {
            below += count;
            below >= rank
        });
        let index = buckets.offset + place.unwrap() as i32;
        let exact = latencies[rank as usize - 1];
        let (low, high) = (base.powi(index), base.powi(index + 1));
        assert!(low * 0.999_999 <= exact && exact <= high * 1.000_001, "{low} {exact} {high}");
        assert!(high / low < 1.01, "a bucket is narrow: {}", high / low);
    }
    let Data::ExponentialHistogram(gaps) = received.metric("gaps") else { panic!("gaps") };
    assert_eq!(gaps.data_points[0].count, 400);
    let Data::Sum(count) = received.metric("requests") else { panic!("a sum") };
    let attributes = &count.data_points[0].attributes;
    assert!(count.is_monotonic && value(attributes, "model").cloned() == text("m"));
}

/// Buckets of durations double from 10 ms: each holds what is above the bound before it, up to its own.
#[test]
fn buckets_are_those_that_the_conventions_advise() {
    const NAME: &str = "OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION";
    let requests: Vec<_> = (0..400).map(request).collect();
    let received = sent(&[(NAME, "explicit_bucket_histogram")], &requests);
    let Data::Histogram(histogram) = received.metric("latency") else { panic!("buckets") };
    let point = &histogram.data_points[0];
    let bounds: Vec<f64> = (0..14).map(|power| 0.01 * f64::from(1 << power)).collect();
    assert_eq!(point.explicit_bounds, bounds);
    let above = |bound: f64| requests.iter().filter(|one| latency(one) > bound).count() as u64;
    let mut counts: Vec<u64> = vec![400 - above(bounds[0])];
    counts.extend(bounds.windows(2).map(|pair| above(pair[0]) - above(pair[1])));
    counts.push(above(bounds[13]));
    assert_eq!(point.bucket_counts, counts);
}

/// Tokens are a field of every attempt and a metric of those that succeeded.
#[test]
fn metrics_count_the_requests_that_summaries_count() {
    let mut requests: Vec<_> = (0..400).map(request).collect();
    let bytes = requests[0].record.bytes_received;
    requests.push(given(Record { warmup: true, seq: 400, ..(*requests[0].record).clone() }));
    let broken = Record { seq: 401, outcome: Outcome::Truncated, ..(*requests[0].record).clone() };
    requests.push(given(broken));
    let received = sent(&[], &requests);
    let Data::ExponentialHistogram(output) = received.metric("output") else { panic!("tokens") };
    assert_eq!((output.data_points[0].count, output.data_points[0].sum), (400, Some(800.0)));
    let Data::Sum(sum) = received.metric("bytes") else { panic!("bytes") };
    let expected = number_data_point::Value::AsDouble(401.0 * bytes as f64);
    assert_eq!(sum.data_points[0].value, Some(expected), "all but the warm-up");
}

/// 200 were sent by an earlier process: of these only the slow tail is left, which is known now.
#[test]
fn a_later_process_goes_on_with_series_links_and_the_slow_tail() {
    let mut requests: Vec<_> = (0..400).map(request).collect();
    requests.reverse();
    let (sent_before, rest) = requests.split_at(200);
    let server = taking(64);
    let url = server.url("");
    let variables = [("OTEL_EXPORTER_OTLP_ENDPOINT", url.as_str())];
    let mut otlp = opened(&variables, &[], Files::default());
    begun(otlp.as_mut());
    otlp.recall(sent_before);
    let next = given(Record { turn: 1, ..(*sent_before[0].record).clone() });
    otlp.requests(0, &[rest, std::slice::from_ref(&next)].concat()).unwrap();
    otlp.end_point(0, &summary(p99(&requests))).unwrap();
    drop(otlp);
    let received = Received::of(&server, 3 + 2 + 1 + 1 + 1 + 1);
    let Data::ExponentialHistogram(all) = received.metric("latency") else { panic!("a histogram") };
    assert_eq!(all.data_points[0].count, 401);
    let p99 = p99(&requests);
    for (index, one) in requests.iter().enumerate() {
        let sampled = one.trace.unwrap().sampled;
        let wanted = if index < 200 { !sampled && latency(one) > p99 } else { sampled };
        assert_eq!(span_of(&received, one, "chat m").is_some(), wanted, "request {index}");
    }
    if let Some(span) = span_of(&received, &next, "chat m") {
        assert_eq!(span.links[0].trace_id, sent_before[0].trace.unwrap().trace);
    }
}

#[test]
fn the_log_says_how_the_run_went() {
    for variables in transports() {
        assert_log(&variables);
    }
}

fn assert_log(variables: &[(&str, &str)]) {
    let requests: Vec<_> = (0..400).map(request).collect();
    let received = sent(variables, &requests);
    let resources = received.logs.iter().flat_map(|one| &one.resource_logs);
    let records = resources.flat_map(|of| &of.scope_logs).flat_map(|of| &of.log_records);
    let lines: Vec<_> = records
        .map(|record| {
            let Some(Value::StringValue(text)) = record.body.as_ref().unwrap().value.clone() else {
                panic!("a text");
            };
            (record.severity_text.clone(), text)
        })
        .collect();
    let line = |severity: &str, text: &str| (severity.to_owned(), text.to_owned());
    let expected = [
        line("INFO", "run a run begins: 1 points"),
        line("INFO", "point p begins"),
        line("INFO", "point ends: valid with warnings"),
        line("WARN", "the client was busy"),
        line("INFO", "run completed"),
    ];
    assert_eq!(lines, expected);
}

#[test]
fn rows_are_added_up_and_turns_are_linked() {
    let server = taking(16);
    let url = server.url("");
    let variables = [("OTEL_EXPORTER_OTLP_ENDPOINT", url.as_str())];
    let mut otlp = opened(&variables, &[("interval", "1")], Files::default());
    begun(otlp.as_mut());
    let names = loadwright_core::interval::RowNames::Own.metrics(&[]);
    let place = names.iter().position(|metric| metric.name == "in_flight").unwrap();
    let row = |at: f64, in_flight| {
        let mut values = vec![None; names.len()];
        values[place] = Some(in_flight);
        Row { at, values }
    };
    otlp.progress(0, &[row(0.5, 4.0), row(1.5, 3.0)]).unwrap();
    let first = request(0);
    let next = given(Record { turn: 1, ..(*first.record).clone() });
    otlp.requests(0, &[first.clone(), next.clone()]).unwrap();
    let received = Received::of(
        &server,
        3 + 2 + 1 + usize::from(first.trace.unwrap().sampled || next.trace.unwrap().sampled),
    );
    let Data::Sum(sum) = received.metric("in_flight") else { panic!("a sum") };
    let number = sum.data_points[0].value.unwrap();
    assert_eq!(format!("{number:?}"), "AsDouble(3.0)");
    if let Some(span) = span_of(&received, &next, "chat m") {
        assert_eq!(span.links[0].span_id, first.trace.unwrap().span);
        assert_eq!(span.links[0].trace_id, first.trace.unwrap().trace);
    }
}
