//! Tables and charts as SwanLab draws them: the options of ECharts, as JSON.

use formats::text::percentile;
use loadwright_plugin::exporter::Distribution;
use serde_json::{Map, Value, json};

/// Degrees by which the bounds of buckets are turned.
const ROTATED: i32 = 45;

/// A row a metric.
pub(crate) fn percentiles(distributions: &[Distribution]) -> Value {
    let mut fields: Vec<String> = ["metric", "count", "min"].into_iter().map(Into::into).collect();
    for quantile in distributions.iter().flat_map(|it| &it.quantiles) {
        let name = percentile(quantile.q);
        if !fields.contains(&name) {
            fields.push(name);
        }
    }
    fields.push("max".into());
    let rows = distributions.iter().map(|it| {
        let mut row = Map::new();
        row.insert("metric".into(), label(it).into());
        row.insert("count".into(), it.count.into());
        row.insert("min".into(), it.min.into());
        row.extend(it.quantiles.iter().map(|at| (percentile(at.q), at.value.into())));
        row.insert("max".into(), it.max.into());
        Value::Object(row)
    });
    json!({
        "_swanLab": "table",
        "colDefs": fields.iter().map(|field| json!({ "field": field })).collect::<Vec<_>>(),
        "rowData": rows.collect::<Vec<_>>(),
    })
}

/// A bar a bucket, named by its upper bound.
pub(crate) fn histogram(distribution: &Distribution) -> Value {
    let bounds: Vec<_> = distribution.buckets.iter().map(|it| short(it.upper_bound)).collect();
    let counts: Vec<_> = distribution.buckets.iter().map(|it| it.count).collect();
    json!({
        "title": [{ "text": label(distribution) }],
        "tooltip": { "trigger": "axis" },
        "xAxis": [{ "type": "category", "data": bounds, "axisLabel": { "rotate": ROTATED } }],
        "yAxis": [{ "type": "value", "name": "count" }],
        "dataZoom": [{ "type": "inside" }],
        "series": [{ "type": "bar", "name": distribution.metric, "data": counts, "barCategoryGap": "0%" }],
    })
}

fn label(distribution: &Distribution) -> String {
    match distribution.unit.as_str() {
        "" | "1" => distribution.label.clone(),
        unit => format!("{} ({})", distribution.label, unit.trim_matches(['{', '}'])),
    }
}

/// With four significant digits, which is more than a bucket's bounds have.
fn short(value: f64) -> String {
    let rounded: f64 = format!("{value:.3e}").parse().unwrap_or(value);
    rounded.to_string()
}
