//! What the service told of itself, as it goes into the record.

use crate::interpret::reading::Reading;
use loadwright_core::service::Quantity;
use std::collections::BTreeMap;

/// The metrics of a reading, by name: of several values, the last; what no f64 holds is no value.
pub(super) fn told(reading: &Reading) -> Vec<Quantity> {
    let finite = reading.metrics.iter().filter(|(_, value)| value.is_finite());
    let last: BTreeMap<&str, f64> = finite.map(|(name, value)| (name.as_str(), *value)).collect();
    last.into_iter().map(|(name, value)| Quantity { name: name.into(), value }).collect()
}
