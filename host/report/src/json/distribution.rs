//! One distribution as an object: how many values there are, their mean and percentiles.

use super::{cell, number};
use loadwright_core::percentile::{Distribution, Method, ROWS};
use serde_json::{Map, Value};

pub(super) fn distribution(of: Option<&Distribution>, divisor: f64) -> Value {
    let Some(all) = of else { return Value::Null };
    let mean = number(Some(all.mean / divisor));
    Value::Object(rows(all, mean, |row| cell(of, row, divisor)))
}

/// How many values there are, their mean, and each row.
pub(super) fn rows<T>(
    all: &Distribution<T>,
    mean: Value,
    row: impl Fn(usize) -> Value,
) -> Map<String, Value> {
    let method = match all.method {
        Method::Exact => "exact",
        Method::Histogram => "hdrhistogram, 3 significant digits",
    };
    let mut members = Map::new();
    members.insert("values".into(), all.count.into());
    members.insert("method".into(), method.into());
    members.insert("mean".into(), mean);
    for (index, name) in ROWS.iter().enumerate() {
        members.insert((*name).into(), row(index));
    }
    members
}
