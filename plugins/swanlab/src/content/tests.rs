//! What rows and summaries become.

use super::{config, report, rows, summary};
use crate::model::{Batch, Kind};
use loadwright_plugin::Field;
use loadwright_plugin::exporter::{
    Bucket, Distribution, EndReason, Metric, MetricKind, Point, Quantile, Row, Run, Summary,
};
use serde_json::{Value, json};

pub(crate) fn metric(name: &str) -> Metric {
    let (name, label) = (name.to_owned(), format!("{name} (s)"));
    Metric { name, label, unit: "s".into(), kind: MetricKind::Duration }
}

pub(crate) fn row(at: f64, values: &[Option<f64>]) -> Row {
    Row { at, values: values.to_vec(), extra: String::new() }
}

pub(crate) fn run() -> Run {
    Run {
        id: "0123456789abcdef".into(),
        name: "model_20260102".into(),
        model: "model".into(),
        started: 1_767_323_040.0,
        tool: "loadwright 0.1.0".into(),
        settings: "{}".into(),
        points: vec!["parallel_1".into(), "parallel_2".into()],
        row_metrics: vec![metric("ttft_p99"), metric("in_flight")],
        summary_metrics: vec![metric("ttft_p99"), metric("duration")],
        plugins: vec![Field { name: "openai".into(), value: "0.1.0 sha256:ab".into() }],
        live: true,
        resume: String::new(),
        extra: String::new(),
    }
}

pub(crate) fn point(index: u32) -> Point {
    Point {
        index,
        name: format!("parallel_{}", index + 1),
        origin: 1_767_323_045.0 + f64::from(index) * 100.0,
        settings: r#"{"model":"m","parallel":[1,2],"api_key":"***"}"#.into(),
        extra: String::new(),
    }
}

/// 1 ms to 100 ms, one value each.
fn distribution() -> Distribution {
    let bucket = |ms: u32| Bucket { upper_bound: f64::from(ms) / 1000.0, count: 1.0 };
    let quantile = |q: f64, value| Quantile { q, value };
    Distribution {
        metric: "ttft".into(),
        label: "Time to first token".into(),
        unit: "s".into(),
        count: 100.0,
        sum: 5.05,
        min: 0.001,
        max: 0.1,
        quantiles: vec![quantile(0.5, 0.05), quantile(0.99, 0.099), quantile(0.999, 0.1)],
        buckets: (1..=100).map(bucket).collect(),
        extra: String::new(),
    }
}

pub(crate) fn ended(end_reason: EndReason) -> Summary {
    Summary {
        end_reason,
        ended: 20.5,
        verdict: "valid_with_warnings".into(),
        warnings: vec!["the client was busy".into()],
        values: vec![Some(0.2), None],
        distributions: vec![distribution()],
        benchmark_summary: r#"{"a":1}"#.into(),
        benchmark_percentile: "[]".into(),
        extra: String::new(),
    }
}

fn points(batch: &Batch) -> Vec<(&str, i64, f64)> {
    batch.scalars.iter().map(|it| (it.key.as_str(), it.step, it.value)).collect()
}

#[test]
fn a_row_is_at_a_step_of_its_own() {
    let metrics = [metric("ttft_p99"), metric("in_flight")];
    let given = [
        row(1.02, &[None, Some(4.0)]),
        row(2.01, &[Some(0.5), Some(4.0)]),
        // The last row comes before its second is over.
        row(2.3, &[None, Some(0.0)]),
    ];
    let (batch, last) = rows(&metrics, &given, 1000.0, -1);
    let all = [
        ("time", 1, 1.02),
        ("in_flight", 1, 4.0),
        ("time", 2, 2.01),
        ("ttft_p99", 2, 0.5),
        ("in_flight", 2, 4.0),
        ("time", 3, 2.3),
        ("in_flight", 3, 0.0),
    ];
    assert_eq!((points(&batch), last), (all.to_vec(), 3));
    assert_eq!(batch.scalars[0].at, 1001.02);
    let columns: Vec<_> =
        batch.columns.iter().map(|it| (it.key.as_str(), it.x_axis, it.hidden)).collect();
    let time = Some("time");
    assert_eq!(
        columns,
        [("time", None, true), ("ttft_p99", time, false), ("in_flight", time, false)]
    );
    // The same rows, given in two calls.
    let (_, first) = rows(&metrics, &given[..2], 1000.0, -1);
    let (second, last) = rows(&metrics, &given[2..], 1000.0, first);
    assert_eq!((points(&second), last), (all[5..].to_vec(), 3));
    assert!(rows(&metrics, &[], 1000.0, 3).0.columns.is_empty());
}

#[test]
fn a_column_without_values_is_not_declared() {
    let (batch, _) = rows(&[metric("a"), metric("b")], &[row(1.0, &[None, Some(1.0)])], 0.0, -1);
    let keys: Vec<_> = batch.columns.iter().map(|it| it.key.as_str()).collect();
    assert_eq!(keys, ["time", "b"]);
}

#[test]
fn a_summary_is_values_a_table_and_charts() {
    let batch = summary(&run().summary_metrics, &ended(EndReason::Completed), 7.0);
    assert_eq!(points(&batch), [("summary/ttft_p99", 0, 0.2)]);
    let media: Vec<_> = batch.media.iter().map(|it| (it.key.as_str(), it.kind)).collect();
    assert_eq!(media, [("percentiles", Kind::Chart), ("histogram/ttft", Kind::Chart)]);
    let table: Value = serde_json::from_slice(&batch.media[0].content).unwrap();
    let fields: Vec<_> = ["metric", "count", "min", "p50", "p99", "p99.9", "max"]
        .map(|it| json!({ "field": it }))
        .into();
    let row = json!({
        "metric": "Time to first token (s)", "count": 100.0, "min": 0.001, "p50": 0.05, "p99": 0.099,
        "p99.9": 0.1, "max": 0.1,
    });
    assert_eq!(table, json!({ "_swanLab": "table", "colDefs": fields, "rowData": [row] }));
    let files: Vec<_> = batch.files.iter().map(|it| (it.name, it.content.as_slice())).collect();
    let (one, two) = (br#"{"a":1}"#.as_slice(), b"[]".as_slice());
    assert_eq!(files, [("benchmark_summary.json", one), ("benchmark_percentile.json", two)]);
}

#[test]
fn a_histogram_has_the_percentiles_of_the_summary() {
    let given = ended(EndReason::Completed);
    let batch = summary(&[], &given, 0.0);
    let chart: Value = serde_json::from_slice(&batch.media[1].content).unwrap();
    let numbers = |at: &str| -> Vec<f64> {
        let values = chart.pointer(at).unwrap().as_array().unwrap().iter();
        let read = |it: &Value| it.as_f64().or_else(|| it.as_str()?.parse().ok());
        values.map(|it| read(it).unwrap()).collect()
    };
    let (bounds, counts) = (numbers("/xAxis/0/data"), numbers("/series/0/data"));
    assert_eq!(counts.iter().sum::<f64>(), 100.0);
    for quantile in &given.distributions[0].quantiles {
        let mut below = 0.0;
        let bucket = counts.iter().position(|count| {
            below += count;
            below >= quantile.q * 100.0
        });
        assert_eq!(bounds[bucket.unwrap()], quantile.value, "p{}", quantile.q * 100.0);
    }
}

#[test]
fn every_setting_is_in_the_configuration_in_order() {
    let config = config(&run(), &point(1));
    let entry = |value: Value, sort: usize| json!({ "value": value, "sort": sort, "desc": "" });
    assert_eq!(config["framework"], entry("loadwright".into(), 0));
    assert_eq!(config["point"], entry("parallel_2".into(), 3));
    assert_eq!(config["plugins"], entry(json!({ "openai": "0.1.0 sha256:ab" }), 4));
    assert_eq!(config["parallel"], entry(json!([1, 2]), 6));
    assert_eq!(config["api_key"], entry("***".into(), 7));
}

#[test]
fn the_report_is_a_text_and_a_file() {
    let batch = report("μs \u{0}".as_bytes().to_vec(), 1.0);
    assert_eq!(batch.media[0].kind, Kind::Text);
    assert_eq!(batch.media[0].content, batch.files[0].content);
    assert_eq!(batch.files[0].name, "performance_summary.txt");
}
