//! The table of percentiles: a file of its own, named in history and summary.

#[cfg(test)]
mod tests;

use formats::text::{hex, percentile};
use loadwright_plugin::exporter::Distribution;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

/// Its key.
pub(crate) const KEY: &str = "percentiles";

/// A table's file, and what names it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Table {
    /// Among the run's files.
    pub(crate) path: String,
    /// In JSON.
    pub(crate) content: Vec<u8>,
    /// The value in history and summary.
    pub(crate) value: Value,
}

/// The table of `distributions`, logged at `step`; none where there are none.
pub(crate) fn table(distributions: &[Distribution], step: u64) -> Option<Table> {
    let first = distributions.first()?;
    let quantiles: Vec<f64> = first.quantiles.iter().map(|quantile| quantile.q).collect();
    let mut columns: Vec<String> = ["metric", "unit", "count", "min"].map(str::to_owned).into();
    columns.extend(quantiles.iter().map(|q| percentile(*q)));
    columns.push("max".into());
    let rows: Vec<Value> = distributions.iter().map(|shown| row(shown, &quantiles)).collect();
    let content = json!({"columns": columns, "data": rows}).to_string().into_bytes();
    let digest = hex(&Sha256::digest(&content));
    let path = format!("media/table/{KEY}_{step}_{}.table.json", &digest[..20]);
    let value = json!({
        "_type": "table-file",
        "path": path,
        "sha256": digest,
        "size": content.len(),
        "ncols": columns.len(),
        "nrows": rows.len(),
        "log_mode": "IMMUTABLE",
    });
    Some(Table { path, content, value })
}

fn row(shown: &Distribution, quantiles: &[f64]) -> Value {
    let mut cells = vec![
        shown.metric.clone().into(),
        shown.unit.clone().into(),
        shown.count.into(),
        shown.min.into(),
    ];
    cells.extend(quantiles.iter().map(|q| {
        let found = shown.quantiles.iter().find(|quantile| quantile.q == *q);
        found.map_or(Value::Null, |quantile| quantile.value.into())
    }));
    cells.push(shown.max.into());
    cells.into()
}
