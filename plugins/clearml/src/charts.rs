//! Figures of Plotly: the percentile table and histograms.

use loadwright_plugin::exporter::Distribution;
use serde_json::{Value, json};

/// Percentiles of all metrics: a row each.
pub(crate) fn percentiles(distributions: &[Distribution]) -> Value {
    let mut quantiles: Vec<f64> =
        distributions.iter().flat_map(|one| one.quantiles.iter().map(|at| at.q)).collect();
    quantiles.sort_by(f64::total_cmp);
    quantiles.dedup();
    let mut header = vec!["metric".to_owned(), "count".into(), "min".into()];
    header.extend(quantiles.iter().map(|q| quantile_name(*q)));
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

/// The buckets of one metric: a bar each, from the bound before it to its own.
pub(crate) fn histogram(one: &Distribution) -> Value {
    let bounds = one.buckets.iter().map(|bucket| bucket.upper_bound);
    let starts: Vec<f64> = std::iter::once(one.min.min(first_bound(one)))
        .chain(bounds.clone())
        .take(one.buckets.len())
        .collect();
    let widths: Vec<f64> = bounds.zip(&starts).map(|(end, start)| end - start).collect();
    let counts: Vec<f64> = one.buckets.iter().map(|bucket| bucket.count).collect();
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

fn first_bound(one: &Distribution) -> f64 {
    one.buckets.first().map_or(0.0, |bucket| bucket.upper_bound)
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

/// `p99` of 0.99, `p99.9` of 0.999.
fn quantile_name(q: f64) -> String {
    format!("p{}", (q * 1e6).round() / 1e4)
}

fn at(one: &Distribution, q: f64) -> Value {
    one.quantiles.iter().find(|at| at.q == q).map_or(Value::Null, |at| number(at.value))
}

fn number(value: f64) -> Value {
    if value.fract() == 0.0 && value.abs() < 9e15 { json!(value as i64) } else { json!(value) }
}

#[cfg(test)]
mod tests;
