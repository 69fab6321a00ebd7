use super::{column, table};
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
fn the_digest_is_that_of_sha_256() {
    // sha256sum of "abc".
    assert_eq!(
        super::hexadecimal(&<sha2::Sha256 as sha2::Digest>::digest(b"abc")),
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    );
}

#[test]
fn columns_are_named_by_percent() {
    for (q, name) in
        [(0.5, "p50"), (0.999, "p99.9"), (0.9999, "p99.99"), (1.0, "p100"), (0.0, "p0")]
    {
        assert_eq!(column(q), name);
    }
}

#[test]
fn no_distributions_no_table() {
    assert_eq!(table(&[], 0), None);
}
