//! Events, against what ClearML's SDK sent.

use super::*;
use crate::fake::{metric, row};

fn task() -> Task {
    let id = "8f4d894a9fcd40ba969cf932bcd1a986".into();
    Task { id, origin: 1000.5, ..Task::default() }
}

/// The events of the SDK of one kind.
fn recorded(kind: &str) -> Vec<Value> {
    let all: Vec<Value> =
        serde_json::from_str(include_str!("../../tests/recordings/online.json")).expect("JSON");
    let batches = all.iter().filter_map(|one| one["body"].as_array());
    let mut events: Vec<Value> =
        batches.flatten().filter(|one| one["type"] == kind).cloned().collect();
    for event in &mut events {
        let event = event.as_object_mut().expect("an object");
        // What the SDK's classes add to everything.
        event.retain(|name, _| name != "method" && name != "model_event" && name != "timestamp");
    }
    events
}

fn without_time(mut event: Value) -> Value {
    event.as_object_mut().expect("an object").retain(|name, _| name != "timestamp");
    event
}

#[test]
fn compatible_names_give_the_scalars_of_the_sdk() {
    let series = Series::new(&[metric("Avg TTFT (ms)", "x")]);
    let rows: Vec<Row> =
        (0..4).map(|at| row(f64::from(at) * 9.0, &[Some(f64::from(at))])).collect();
    let (ours, next) = series.scalars(&task(), &rows, task().next);
    let theirs: Vec<Value> = recorded("training_stats_scalar")
        .into_iter()
        .filter(|one| one["metric"] != "Summary")
        .collect();
    assert_eq!(ours.into_iter().map(without_time).collect::<Vec<_>>(), theirs);
    assert_eq!(next, 4);
}

#[test]
fn single_values_are_those_of_the_sdk() {
    let metrics = [metric("final", "final"), metric("none", "none"), metric("nan", "nan")];
    let ours = singles(&task(), 1.0, &metrics, &[Some(3.5), None, Some(f64::NAN)]);
    let theirs: Vec<Value> = recorded("training_stats_scalar")
        .into_iter()
        .filter(|one| one["metric"] == "Summary")
        .collect();
    assert_eq!(ours.into_iter().map(without_time).collect::<Vec<_>>(), theirs);
}

#[test]
fn plots_and_lines_have_the_fields_of_the_sdk() {
    let names = |event: &Value| {
        let mut names: Vec<String> =
            event.as_object().expect("an object").keys().cloned().collect();
        names.sort();
        names
    };
    let ours = without_time(plot(&task(), 0.0, ("hist", "lat"), &json!({"data": []})));
    let theirs = recorded("plot");
    let theirs = theirs.iter().find(|one| one["metric"] == "hist").expect("a plot");
    assert_eq!(names(&ours), names(theirs));
    assert_eq!((&ours["iter"], &ours["variant"]), (&theirs["iter"], &theirs["variant"]));
    let line = without_time(log(&task(), 0.0, "info", "hello"));
    assert_eq!(names(&line), names(&recorded("log")[0]));
}

#[test]
fn iterations_are_seconds_and_none_is_used_twice() {
    let series = Series::new(&[metric("in_flight", "In flight")]);
    let rows: Vec<Row> = [1.0004, 1.9, 2.1, 7.0, 7.2].map(|at| row(at, &[Some(1.0)])).into();
    let (events, next) = series.scalars(&task(), &rows, task().next);
    let iterations: Vec<i64> = events.iter().filter_map(|one| one["iter"].as_i64()).collect();
    assert_eq!(iterations, [1, 2, 3, 7, 8]);
    assert_eq!(next, 9);
    assert_eq!(events[0]["timestamp"], 1_001_500);
    assert_eq!(events[0]["x_axis_label"], "Time (s)");
}

#[test]
fn mean_and_percentiles_of_a_metric_share_a_chart() {
    let names = |name: &str, label: &str| of_metric(&metric(name, label));
    assert_eq!(names("ttft_p99", "TTFT, p99 (s)"), ("TTFT (s)".into(), "p99".into()));
    assert_eq!(names("ttft_mean", "TTFT, mean (s)"), ("TTFT (s)".into(), "mean".into()));
    let alone = ("requests in flight".into(), "in_flight".into());
    assert_eq!(names("in_flight", "requests in flight"), alone);
    assert_eq!(names("failed", "failed, all"), ("failed, all".into(), "failed".into()));
}

#[test]
fn values_that_are_no_numbers_are_left_out() {
    let series = Series::new(&[metric("a", "A"), metric("b", "B"), metric("c", "C")]);
    let rows = [row(1.0, &[None, Some(f64::INFINITY), Some(2.5)])];
    let (events, _) = series.scalars(&task(), &rows, task().next);
    assert_eq!(events.len(), 1);
    assert_eq!((&events[0]["metric"], &events[0]["value"]), (&json!("C"), &json!(2.5)));
}
