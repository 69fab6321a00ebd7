//! A distribution in the form of a histogram that W&B draws.

#[cfg(test)]
mod tests;

use loadwright_plugin::exporter::Distribution;
use serde_json::{Value, json};

/// W&B draws no more bins.
const BINS: usize = 512;

/// How far a bucket of the host reaches down, as a share of its upper bound: 2 significant digits.
const WIDTH: f64 = 0.01;

/// The histogram of a distribution; none where it has no values.
pub(crate) fn histogram(distribution: &Distribution) -> Option<Value> {
    let mut bounds = Vec::new();
    let mut counts = Vec::new();
    for bucket in &distribution.buckets {
        let lower = bucket.upper_bound * (1.0 - WIDTH);
        match bounds.last() {
            None if distribution.min < bucket.upper_bound => bounds.push(distribution.min),
            None => bounds.push(lower),
            // Buckets without values are not given: one bin stands for those between.
            Some(last) if *last < lower => {
                bounds.push(lower);
                counts.push(0.0);
            }
            Some(_) => {}
        }
        bounds.push(bucket.upper_bound);
        counts.push(bucket.count);
    }
    while counts.len() > BINS {
        (bounds, counts) = halved(&bounds, &counts);
    }
    (!counts.is_empty()).then(|| json!({"_type": "histogram", "bins": bounds, "values": counts}))
}

/// Each two bins as one.
fn halved(bounds: &[f64], counts: &[f64]) -> (Vec<f64>, Vec<f64>) {
    let merged = counts.chunks(2).map(|pair| pair.iter().sum()).collect();
    let mut kept: Vec<f64> = bounds.iter().step_by(2).copied().collect();
    if counts.len() % 2 == 1 {
        kept.extend(bounds.last());
    }
    (kept, merged)
}
