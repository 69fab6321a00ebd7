//! Which conditions points meet, as the report and the JSON document say it.

use crate::fixture;
use crate::{RunInfo, Style, run_json, sweep_text};
use serde_json::Value;

fn info(conditions: &[&str]) -> RunInfo {
    RunInfo {
        folder: Some("outputs/run".into()),
        points: vec!["rate_50_number_200".into(), "rate_60_number_200".into()],
        conditions: conditions.iter().map(|text| text.parse().expect("a condition")).collect(),
        ..RunInfo::default()
    }
}

fn section(conditions: &[&str]) -> String {
    let text = sweep_text(&[fixture::troubled()], &info(conditions), &Style::FILE);
    text.split_once("Conditions met (--fail-if):\n").map_or(String::new(), |(_, met)| met.into())
}

#[test]
fn what_met_a_condition_is_shown_in_its_unit() {
    // Of 200 slots 10 each are dropped, answered 503 and timed out: 20 of 190 requests fail. The last
    // takes 62.91 ms to its first token and 23 gaps of 12.98 ms.
    assert_eq!(
        section(&["failed>1%", "failed>20", "dropped>9", "latency_max<1s"]),
        "  - rate_50_number_200: failed>1% (measured 10.5263 %)\n  \
         - rate_50_number_200: dropped>9 (measured 10)\n  \
         - rate_50_number_200: latency_max<1s (measured 0.3614 s)\n  \
         - rate_60_number_200: failed>1% (not measured)\n  \
         - rate_60_number_200: failed>20 (not measured)\n  \
         - rate_60_number_200: dropped>9 (not measured)\n  \
         - rate_60_number_200: latency_max<1s (not measured)\n"
    );
}

#[test]
fn without_conditions_nothing_is_said_and_without_a_met_one_that_is() {
    assert_eq!(section(&[]), "");
    let ran = RunInfo { points: vec!["rate_50_number_200".into()], ..info(&["failed>50%"]) };
    let text = sweep_text(&[fixture::troubled()], &ran, &Style::FILE);
    assert_eq!(text, "\nConditions met (--fail-if):\n  none\n");
}

#[test]
fn the_document_has_every_point_that_was_asked_for() {
    let text = run_json(&[fixture::troubled()], &info(&["failed>1%", "not-valid"]));
    let document: Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!(document["folder"], "outputs/run");
    let points = document["points"].as_array().expect("points");
    let names: Vec<&Value> = points.iter().map(|point| &point["name"]).collect();
    assert_eq!(names, ["rate_50_number_200", "rate_60_number_200"]);
    assert_eq!(points[0]["summary"]["Total Requests"], 190);
    assert_eq!(points[0]["percentiles"].as_array().map(Vec::len), Some(15));
    let met = serde_json::json!([{"condition": "failed>1%", "measured": 10.526316}]);
    assert_eq!(points[0]["conditions_met"], met);
    assert_eq!((&points[1]["summary"], &points[1]["percentiles"]), (&Value::Null, &Value::Null));
    let met = serde_json::json!([
        {"condition": "failed>1%", "measured": null}, {"condition": "not-valid", "measured": null}
    ]);
    assert_eq!(points[1]["conditions_met"], met);
}
