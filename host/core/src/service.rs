//! Numbers that the service tells of itself (queue time, seconds of audio): declared in the manifest
//! of the API plugin, kept with each record, and shown with percentiles under `metric:NAME`.

use crate::percentile::Distribution;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// What the key of such a metric begins with: in rules, in conditions and in JSON.
pub const PREFIX: &str = "metric:";

/// A metric that the service tells of itself, as the manifest declares it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServiceMetric {
    /// Its name, e.g. `queue_time`.
    pub name: String,
    /// The unit of its values as it is shown, e.g. `s`.
    pub unit: String,
    /// What its values mean.
    pub kind: ServiceKind,
    /// Its name in running text.
    pub label: String,
}

/// What the values of such a metric mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ServiceKind {
    /// How much there is at some moment: requests in a queue.
    Level,
    /// An amount of this request, which adds up over requests: seconds of audio.
    Total,
    /// An amount a second: a high value is the best case.
    Rate,
    /// A span of time.
    Time,
    /// A share, 0 to 1.
    Share,
}

impl ServiceKind {
    /// Every kind.
    pub const ALL: &[Self] = &[Self::Level, Self::Total, Self::Rate, Self::Time, Self::Share];
}

impl ServiceMetric {
    /// Its key in conditions and in JSON.
    pub fn key(&self) -> String {
        format!("{PREFIX}{}", self.name)
    }
}

/// What a reply said of one such metric.
#[derive(Debug, Clone, PartialEq)]
pub struct Quantity {
    /// The metric's name.
    pub name: Arc<str>,
    /// Its value: finite.
    pub value: f64,
}

/// The values of one such metric over a point or its steady window.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ServiceValues {
    /// The metric.
    pub metric: ServiceMetric,
    /// Its distribution, in its unit; none where no reply had it.
    pub distribution: Option<Distribution<f64>>,
    /// The sum, of what adds up.
    pub sum: Option<f64>,
}

impl ServiceValues {
    /// Those of `metric`, in any order.
    pub(crate) fn of(metric: &ServiceMetric, values: Vec<f64>) -> Self {
        let distribution = Distribution::over(values);
        let adds_up = metric.kind == ServiceKind::Total;
        let sum = distribution.as_ref().filter(|_| adds_up).map(|all| all.mean * all.count as f64);
        Self { metric: metric.clone(), distribution, sum: sum.filter(|sum| sum.is_finite()) }
    }
}
