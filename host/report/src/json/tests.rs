//! The JSON files: keys and units as EvalScope's users parse them, and golden files.

use super::*;
use crate::fixture::{self, MS};
use serde_json::{Map, json};

fn summary(of: &Summary) -> Value {
    serde_json::from_str(&benchmark_summary_json(of)).unwrap()
}

#[test]
fn the_keys_are_evalscopes_in_their_order() {
    let json = summary(&fixture::troubled());
    let keys: Vec<&str> = json.as_object().unwrap().keys().map(String::as_str).collect();
    let expected = [
        "Test Duration (s)",
        "Concurrency",
        "Request Rate (req/s)",
        "Total Requests",
        "Success Requests",
        "Failed Requests",
        "Req Throughput (req/s)",
        "Avg Latency (s)",
        "Avg TTFT (ms)",
        "Avg TPOT (ms)",
        "Avg ITL (ms)",
        "Avg Input Tokens",
        "Avg Output Tokens",
        "Output Throughput (tok/s)",
        "Total Throughput (tok/s)",
        "loadwright",
    ];
    assert_eq!(keys, expected);
}

#[test]
fn units_are_as_the_keys_say() {
    let json = summary(&fixture::quick_start());
    assert_eq!(json["Test Duration (s)"], 62.9998);
    assert_eq!(json["Concurrency"], 200);
    assert_eq!(json["Request Rate (req/s)"], -1);
    assert_eq!(json["Avg Latency (s)"], 30.9964);
    assert_eq!(json["Avg TTFT (ms)"], 1307.1);
    assert_eq!(json["Avg TPOT (ms)"], 29.0);
    assert_eq!(json["Avg Output Tokens"], 1024.0);
    assert_eq!(json["Output Throughput (tok/s)"], 6501.61);
}

#[test]
fn settings_that_do_not_apply_are_minus_one_and_absent_metrics_are_left_out() {
    let open = summary(&fixture::troubled());
    assert_eq!(open["Concurrency"], -1);
    assert_eq!(open["Request Rate (req/s)"], 50.0);
    let failed = summary(&fixture::all_failed());
    for key in
        ["Test Duration (s)", "Avg Latency (s)", "Avg TTFT (ms)", "Output Throughput (tok/s)"]
    {
        assert_eq!(failed.get(key), None, "{key}");
    }
    assert_eq!(failed["Failed Requests"], 20);
    let unstreamed = summary(&fixture::unstreamed());
    assert_eq!(unstreamed.get("Avg TTFT (ms)"), None);
    assert_eq!(unstreamed["Avg Latency (s)"], 0.0895);
}

/// EvalScope's classes take a number for every key, and a default for one that is missing.
#[test]
fn no_key_of_evalscopes_is_null() {
    for point in [fixture::troubled(), fixture::all_failed(), fixture::unstreamed()] {
        let json = summary(&point);
        let members = json.as_object().unwrap().iter().filter(|(key, _)| *key != "loadwright");
        for (key, value) in members {
            assert!(value.is_number(), "{key}: {value}");
        }
    }
}

#[test]
fn percentiles_are_rows_by_name() {
    let of = fixture::point(0, 4, 80, 5 * MS);
    let rows: Vec<Map<String, Value>> =
        serde_json::from_str(&benchmark_percentile_json(&of)).unwrap();
    let names: Vec<&str> = rows.iter().map(|row| row["Percentiles"].as_str().unwrap()).collect();
    assert_eq!(names, ROWS);
    let columns: Vec<&str> = rows[0].keys().map(String::as_str).collect();
    let expected = [
        "Percentiles",
        "Latency (s)",
        "TTFT (ms)",
        "ITL (ms)",
        "TPOT (ms)",
        "Input tokens",
        "Output tokens",
        "Output (tok/s)",
        "Total (tok/s)",
        "Decode (tok/s)",
    ];
    assert_eq!(columns, expected);
    // Every token is 5 ms after the one before: 200 a second.
    let median = &rows[5];
    assert_eq!((&median["ITL (ms)"], &median["TPOT (ms)"]), (&5.0.into(), &5.0.into()));
    assert_eq!((&median["Decode (tok/s)"], &median["Input tokens"]), (&200.0.into(), &1024.into()));
}

#[test]
fn absent_columns_are_null_not_nan() {
    let text = benchmark_percentile_json(&fixture::all_failed());
    assert!(!text.contains("NaN"));
    let rows: Vec<Map<String, Value>> = serde_json::from_str(&text).unwrap();
    assert!(rows.iter().all(|row| row.values().skip(1).all(Value::is_null)));
    assert_eq!(rows.len(), 15);
}

#[test]
fn arguments_are_written_as_given() {
    let json: Value =
        serde_json::from_str(&benchmark_args_json(&fixture::closed(0, 4, 80))).unwrap();
    assert_eq!(json["parallel"], 4);
    assert_eq!(json["api_key"], "***");
}

/// The summary of a point of which no metric exists, but for the list that says so.
fn without_metrics(point: &Summary) -> String {
    let mut json = summary(point);
    let metrics = json["loadwright"]["metrics"].take();
    let metrics = metrics.as_object().expect("metrics by key");
    assert_eq!(metrics.len(), Metric::distributions().count());
    assert!(metrics.values().all(Value::is_null), "{metrics:?}");
    pretty(&json)
}

#[test]
fn what_the_service_tells_is_beside_the_other_metrics() {
    let json = summary(&fixture::labelled());
    let metrics = &json["loadwright"]["metrics"];
    let queue = &metrics["metric:queue_time"];
    let described = json!([queue["label"], queue["unit"], queue["kind"]]);
    assert_eq!(described, json!(["queue time", "s", "time"]));
    // Hundredths of a second from 1 to 40: the 99th percentile of 40 values is the last.
    assert_eq!(json!([queue["values"], queue["min"], queue["50%"]]), json!([40, 0.01, 0.2]));
    assert_eq!(json!([queue["99%"], queue["max"]]), json!([0.4, 0.4]));
    assert!((queue["mean"].as_f64().unwrap() - 0.205).abs() < 1e-12, "{queue}");
    assert_eq!(queue.get("sum"), None);
    let audio = &metrics["metric:audio"];
    assert_eq!(json!([audio["values"], audio["sum"]]), json!([20, 30.0]));
    assert_eq!(metrics["metric:silent"], Value::Null);
    let steady = &json["loadwright"]["steady_window"]["metrics"]["metric:queue_time"];
    assert_eq!(steady["values"], 40);
}

#[test]
fn metrics_by_label_have_a_group_for_each_text() {
    let json = summary(&fixture::labelled());
    let labels = json["loadwright"]["labels"].as_object().unwrap();
    assert_eq!(labels.keys().collect::<Vec<_>>(), ["class", "user"]);
    assert_eq!(json!([labels["user"], json["loadwright"]["more_labels"]]), json!([null, false]));
    let chat = &labels["class"]["chat"];
    assert_eq!(json!([chat["total"], chat["succeeded"], chat["failed"]]), json!([20, 20, 0]));
    assert_eq!(json!([chat["success_share"], chat["good_share"]]), json!([1.0, 1.0]));
    assert_eq!(chat["metrics"]["ttft_ms"]["99%"], 10.0);
    assert_eq!(chat["metrics"]["latency_ms"]["max"], 80.0);
    let code = &labels["class"]["code\u{1b}[31m"];
    assert_eq!(code["metrics"]["tpot_ms"]["50%"], 20.0);
    assert_eq!(code["good_share"], 0.0);
    // 20 replies of 8 tokens; from 0 to the end of the last: 39 · 0.2 + 0.16 + 0.0001 s.
    assert_eq!(code["output_tok_per_s"], round6(160.0 / 7.9601));
}

#[test]
fn golden_files() {
    insta::assert_snapshot!("summary_troubled", benchmark_summary_json(&fixture::troubled()));
    insta::assert_snapshot!("summary_all_failed", without_metrics(&fixture::all_failed()));
    insta::assert_snapshot!(
        "percentile_quick_start",
        benchmark_percentile_json(&fixture::quick_start())
    );
    insta::assert_snapshot!("args", benchmark_args_json(&fixture::closed(0, 4, 80)));
}
