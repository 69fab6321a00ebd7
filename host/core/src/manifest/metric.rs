//! Numbers that a service measures itself, as an API's manifest declares them.

use super::{is_line, section};
use serde::{Deserialize, Serialize};
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

/// Declared metrics by name.
pub type Metrics = BTreeMap<String, MetricDeclaration>;

/// A number that the service measures itself: `metric:NAME` in a reading plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MetricDeclaration {
    /// e.g. `s`, `tokens`, `bytes`; as it is shown.
    pub unit: String,
    /// What its values mean.
    pub kind: MetricKind,
    /// What reports call it.
    pub label: String,
}

/// What the values of such a metric mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MetricKind {
    /// How much there is at some moment: requests in a queue.
    Level,
    /// An amount of this request, which adds up over requests: seconds of audio.
    Total,
    /// An amount a second.
    Rate,
    /// A span of time.
    Time,
    /// A share, 0 to 1.
    Share,
}

/// Reads the member `metrics` of a manifest.
///
/// # Errors
/// What is wrong with it, and where.
pub fn read_metrics(json: &Value) -> Result<Metrics, String> {
    let by_name: BTreeMap<String, Value> = section("metrics", json)?;
    if by_name.len() > MOST {
        return Err(format!("metrics: declares more than {MOST}"));
    }
    let read = |(name, json): (String, Value)| {
        let at = format!("metrics.{name}");
        let metric: MetricDeclaration = section(&at, &json)?;
        check(&name, &metric).map_err(|why| format!("{at}: {why}"))?;
        Ok((name, metric))
    };
    by_name.into_iter().map(read).collect()
}

fn check(name: &str, metric: &MetricDeclaration) -> Result<(), String> {
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
