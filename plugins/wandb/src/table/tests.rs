use super::table;
use crate::fixture::distribution;
use loadwright_plugin::exporter::{Distribution, Quantile};
use serde_json::{Value, json};

#[test]
fn a_table_has_a_row_a_distribution() {
    let first = distribution("ttft");
    let other = Distribution {
        quantiles: vec![Quantile { q: 0.5, value: 4.0 }],
        ..distribution("latency")
    };
    let table = table(&[first, other], 9).unwrap();
    let content: Value = serde_json::from_slice(&table.content).unwrap();
    assert_eq!(
        content,
        json!({
            "columns": ["metric", "unit", "count", "min", "p50", "p99.9", "max"],
            "data": [
                ["ttft", "s", 4.0, 0.1, 0.2, 0.4, 0.4],
                ["latency", "s", 4.0, 0.1, 4.0, null, 0.4],
            ],
        })
    );
    assert_eq!(table.value["nrows"], 2);
    assert_eq!(table.value["ncols"], 7);
    assert_eq!(table.value["size"], table.content.len());
    let digest = table.value["sha256"].as_str().unwrap();
    assert_eq!(table.path, format!("media/table/percentiles_9_{}.table.json", &digest[..20]));
    assert_eq!(table.value["path"], table.path);
}

#[test]
fn no_distributions_no_table() {
    assert_eq!(table(&[], 0), None);
}
