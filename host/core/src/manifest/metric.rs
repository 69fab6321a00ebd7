//! Numbers that a service measures itself, as an API's manifest declares them.

use super::{is_line, section};
use crate::service::{ServiceKind, ServiceMetric};
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;

/// The most metrics that an API may declare.
const MOST: usize = 32;

/// The longest name, in bytes.
const LONGEST_NAME: usize = 48;

/// The longest label, in bytes.
const LONGEST_LABEL: usize = 48;

/// The longest unit, in bytes.
const LONGEST_UNIT: usize = 12;

/// A metric as a manifest spells it, by its name.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Declaration {
    unit: String,
    kind: ServiceKind,
    label: String,
}

/// Reads the member `metrics` of a manifest; the metrics are sorted by name.
///
/// # Errors
/// What is wrong with it, and where.
pub fn read_metrics(json: &Value) -> Result<Vec<ServiceMetric>, String> {
    let by_name: BTreeMap<String, Value> = section("metrics", json)?;
    if by_name.len() > MOST {
        return Err(format!("metrics: declares more than {MOST}"));
    }
    let read = |(name, json): (String, Value)| {
        let at = format!("metrics.{name}");
        let Declaration { unit, kind, label } = section(&at, &json)?;
        let metric = ServiceMetric { name, unit, kind, label };
        check(&metric).map_err(|why| format!("{at}: {why}"))?;
        Ok(metric)
    };
    by_name.into_iter().map(read).collect()
}

fn check(metric: &ServiceMetric) -> Result<(), String> {
    let name = &metric.name;
    let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    if name.len() > LONGEST_NAME
        || !name.starts_with(|first: char| first.is_ascii_lowercase())
        || !name.bytes().all(fits)
    {
        return Err(format!(
            "is not a metric's name; use at most {LONGEST_NAME} lower-case letters, digits and `_`"
        ));
    }
    if !is_line(&metric.unit, LONGEST_UNIT) {
        return Err(format!("give a unit of at most {LONGEST_UNIT} bytes"));
    }
    if !is_line(&metric.label, LONGEST_LABEL) {
        return Err(format!("give a label of at most {LONGEST_LABEL} bytes"));
    }
    Ok(())
}
