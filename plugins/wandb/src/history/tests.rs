use super::{Place, placed, row};
use crate::fixture::metric;
use loadwright_plugin::Row;
use serde_json::{Value, json};

#[test]
fn a_line_has_the_values_there_are_and_its_place() {
    let metrics = ["rate", "ttft_p99", "in_flight", "broken"].map(metric);
    let values = vec![Some(2.5), None, Some(3.0), Some(f64::INFINITY)];
    let given = Row { at: 4.0, values, extra: String::new() };
    let place = Place { step: 3, at: 4.0, origin: 100.5 };
    assert_eq!(
        Value::from(placed(row(&metrics, &given), place)),
        json!({
            "rate": 2.5, "in_flight": 3.0, "time": 4.0,
            "_step": 3, "_runtime": 4.0, "_timestamp": 104.5,
        })
    );
}
