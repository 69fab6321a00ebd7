//! Numbers: what a rule makes of a value, and how the values of all frames become one.

use super::has;
use crate::{Quantity, Rule};
use serde_json::Value;

/// The tokens of a value: a number, an array's elements, or 1.
pub(super) fn tokens(rule: &Rule, value: &Value) -> Option<u64> {
    match value {
        Value::Null => None,
        _ if has(rule, "one-each") => Some(1),
        Value::Array(items) => Some(items.len() as u64),
        other => whole(other).map(u64::from),
    }
}

/// A whole number that fits 32 bits; 7.0 is one.
fn whole(value: &Value) -> Option<u32> {
    let number = value.as_f64()?;
    let fits = number.fract() == 0.0 && (0.0..=f64::from(u32::MAX)).contains(&number);
    fits.then_some(number as u32)
}

/// The number of a value. A count is a whole number that fits 32 bits.
pub(super) fn number(rule: &Rule, value: &Value) -> Option<f64> {
    if has(rule, "one-each") {
        return (!value.is_null()).then_some(1.0);
    }
    if rule.kind.starts_with("metric:") {
        return value.as_f64();
    }
    whole(value).map(f64::from)
}

/// Counts and metrics so far, by kind.
#[derive(Debug, Default)]
pub(super) struct Folds(Vec<(String, f64)>);

impl Folds {
    /// Takes the values of one frame, in order.
    pub(super) fn take(&mut self, kind: &str, rule: &Rule, values: &[f64]) {
        let Some(&last) = values.last() else { return };
        let at = self.0.iter().position(|(known, _)| known == kind);
        let before = at.map(|at| self.0[at].1);
        let sum: f64 = values.iter().sum();
        let value = if has(rule, "sum-frames") {
            before.unwrap_or_default() + sum
        } else if has(rule, "largest") {
            let of_frame = if has(rule, "sum") { sum } else { largest(values) };
            before.map_or(of_frame, |before| before.max(of_frame))
        } else if has(rule, "sum") {
            sum
        } else {
            last
        };
        match at {
            Some(at) => self.0[at].1 = value,
            None => self.0.push((kind.into(), value)),
        }
    }

    /// Counts, then metrics, each in the order in which they were found.
    pub(super) fn finish(self) -> (Vec<Quantity>, Vec<Quantity>) {
        let named = |prefix: &str| {
            let named = self.0.iter().filter_map(|(kind, value)| {
                let name = kind.strip_prefix(prefix)?.into();
                Some(Quantity { name, value: *value })
            });
            named.collect()
        };
        (named("count:"), named("metric:"))
    }
}

fn largest(values: &[f64]) -> f64 {
    values.iter().copied().fold(f64::NEG_INFINITY, f64::max)
}
