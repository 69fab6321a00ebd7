use super::Closing;
use crate::fixture::{distribution, metric, summary};
use crate::history::{Line, Place};
use loadwright_plugin::{EndReason, Summary};
use serde_json::json;

const PLACE: Place = Place { step: 2, at: 10.0, origin: 100.0 };

fn last() -> Line {
    let line = json!({"in_flight": 3.0, "ttft_p99": 0.9, "time": 9.0, "_step": 1});
    line.as_object().unwrap().clone()
}

fn closing(summary: &Summary) -> Closing {
    Closing::new(&["ttft_p99", "missing"].map(metric), summary, &last(), PLACE)
}

#[test]
fn the_summary_replaces_the_last_row() {
    let given = Summary { values: vec![Some(0.4), None], ..summary(EndReason::Completed) };
    let summary = closing(&given).summary;
    assert_eq!(summary["ttft_p99"], 0.4);
    assert_eq!(summary["in_flight"], 3.0);
    assert_eq!(summary["_step"], 2);
    assert_eq!(summary["time"], 10.0);
    assert_eq!(summary["verdict"], "valid_with_warnings");
    assert_eq!(summary["warnings"], json!(["the client was slow"]));
    assert!(!summary.contains_key("missing"));
}

#[test]
fn a_metric_without_a_total_does_not_keep_that_of_the_last_row() {
    let given = Summary { values: vec![None, None], ..summary(EndReason::Completed) };
    assert!(!closing(&given).summary.contains_key("ttft_p99"));
}

#[test]
fn the_last_line_has_the_table_and_the_histograms() {
    let given = Summary {
        distributions: vec![distribution("ttft"), distribution("latency")],
        ..summary(EndReason::Completed)
    };
    let closing = closing(&given);
    let line = closing.line.unwrap();
    assert_eq!(line["percentiles"]["_type"], "table-file");
    assert_eq!(line["distribution/ttft"]["_type"], "histogram");
    assert_eq!(line["_step"], 2);
    assert_eq!(closing.summary["distribution/latency"], line["distribution/latency"]);
    let names: Vec<&str> = closing.files.iter().map(|(name, _)| name.as_str()).collect();
    let table = line["percentiles"]["path"].as_str().unwrap();
    assert_eq!(names, ["benchmark_summary.json", "benchmark_percentile.json", table]);
}

#[test]
fn only_failures_raise_an_alert() {
    for (reason, exit, alerts) in [
        (EndReason::Completed, 0, false),
        (EndReason::Failed, 1, true),
        (EndReason::Interrupted, 255, false),
    ] {
        let closing = closing(&summary(reason));
        assert_eq!((closing.exit, closing.alert.is_some()), (exit, alerts), "{reason:?}");
    }
}
