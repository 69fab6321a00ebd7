//! Figures of Plotly: the percentile table and histograms.

use formats::histogram::Histogram;
use formats::text::percentile;
use loadwright_plugin::exporter::Distribution;
use serde_json::{Value, json};

/// Percentiles of all metrics: a row each.
pub(crate) fn percentiles(distributions: &[Distribution]) -> Value {
    let mut quantiles: Vec<f64> =
        distributions.iter().flat_map(|one| one.quantiles.iter().map(|at| at.q)).collect();
    quantiles.sort_by(f64::total_cmp);
    quantiles.dedup();
    let mut header = vec!["metric".to_owned(), "count".into(), "min".into()];
    header.extend(quantiles.iter().map(|q| percentile(*q)));
    header.push("max".into());
    let column =
        |of: &dyn Fn(&Distribution) -> Value| -> Value { distributions.iter().map(of).collect() };
    let mut columns = vec![
        column(&|one| name(one).into()),
        column(&|one| number(one.count)),
        column(&|one| number(one.min)),
    ];
    columns.extend(quantiles.iter().map(|q| column(&|one| at(one, *q))));
    columns.push(column(&|one| number(one.max)));
    json!({
        "data": [{
            "type": "table",
            "header": { "values": header, "align": "left" },
            "cells": { "values": columns, "align": "left" },
        }],
        "layout": { "title": "Percentiles" },
    })
}

/// A metric's values: a bar a bin, as wide as the bin.
pub(crate) fn histogram(one: &Distribution) -> Value {
    let Histogram { bounds, counts } = Histogram::new(one);
    let widths: Vec<f64> = bounds.windows(2).map(|ends| ends[1] - ends[0]).collect();
    let starts = &bounds[..counts.len()];
    json!({
        "data": [{
            "name": one.label, "type": "bar", "x": starts, "y": counts, "width": widths, "offset": 0,
        }],
        "layout": {
            "title": one.label,
            "xaxis": { "title": name(one) },
            "yaxis": { "title": "count" },
            "bargap": 0,
        },
    })
}

/// With the unit, unless it is that of plain numbers.
fn name(one: &Distribution) -> String {
    let unit = one.unit.replace(['{', '}'], "");
    if unit.is_empty() || unit == "1" {
        one.label.clone()
    } else {
        format!("{} ({unit})", one.label)
    }
}

fn at(one: &Distribution, q: f64) -> Value {
    one.quantiles.iter().find(|at| at.q == q).map_or(Value::Null, |at| number(at.value))
}

fn number(value: f64) -> Value {
    if value.fract() == 0.0 && value.abs() < 9e15 { json!(value as i64) } else { json!(value) }
}

#[cfg(test)]
mod tests;
