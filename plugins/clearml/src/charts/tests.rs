//! Figures.

use super::*;
use crate::fake;
use loadwright_plugin::exporter::Quantile;

#[test]
fn percentiles_have_a_row_a_metric_and_a_column_a_quantile() {
    let mut other = fake::distribution();
    (other.label, other.unit) = ("Tokens".into(), "{token}".into());
    other.quantiles = vec![Quantile { q: 0.5, value: 7.25 }];
    let figure = percentiles(&[fake::distribution(), other]);
    let table = &figure["data"][0];
    let header = json!(["metric", "count", "min", "p50", "p99", "p99.9", "max"]);
    assert_eq!(table["header"]["values"], header);
    let cells = json!([
        ["TTFT (s)", "Tokens (token)"],
        [6, 6],
        [0.5, 0.5],
        [1.5, 7.25],
        [3, null],
        [3, null],
        [3, 3]
    ]);
    assert_eq!(table["cells"]["values"], cells);
}

#[test]
fn a_histogram_has_a_bar_where_there_are_values() {
    let mut one = fake::distribution();
    // Nothing between 2 and 300: no bar is drawn over the gap.
    one.buckets[2].upper_bound = 300.0;
    let figure = histogram(&one);
    let bars = &figure["data"][0];
    assert_eq!(bars["x"], json!([0.5, 1.0, 1.98, 2.0, 297.0]));
    assert_eq!(bars["y"], json!([1.0, 0.0, 4.0, 0.0, 1.0]));
    let ends = |at: usize| bars["x"][at].as_f64().unwrap() + bars["width"][at].as_f64().unwrap();
    assert_eq!([ends(0), ends(2), ends(4)], [1.0, 2.0, 300.0]);
    assert_eq!(bars["type"], "bar");
    assert_eq!(figure["layout"]["xaxis"]["title"], "TTFT (s)");
}

#[test]
fn a_histogram_of_one_value_has_a_bar() {
    let mut one = fake::distribution();
    one.buckets.truncate(1);
    one.min = 1.0;
    let bars = histogram(&one)["data"][0].clone();
    assert_eq!((&bars["x"], &bars["y"]), (&json!([0.99]), &json!([1.0])));
}
