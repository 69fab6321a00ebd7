//! Every metric: its names, unit and formula in one `table`, and the distributions of a point
//! by metric. What the metrics mean, their clocks and their bias are in `docs/MEASUREMENT.md`, whose
//! tables a test holds against this one; folding records into them is the business of
//! [`crate::summary`].

mod row;
mod table;

pub(crate) use row::Row;
pub use table::Metric;

use crate::percentile::Distribution;
use crate::service::ServiceValues;
use crate::totals::Totals;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

#[cfg(test)]
mod tests;

/// What there is to know of a metric.
#[derive(Debug)]
pub struct Definition {
    /// Its name in conditions and JSON; in `loadwright.metrics` with the suffix of its unit.
    pub key: &'static str,
    /// Its name in running text.
    pub label: &'static str,
    /// The unit its values are stored in.
    pub unit: Unit,
    /// The formula, as documented.
    pub formula: &'static str,
    /// The requests or points that have it, as documented.
    pub exists: &'static str,
    /// What a run must have for it to exist at all.
    pub needs: Needs,
    /// EvalScope's names for it.
    pub evalscope: Option<EvalScope>,
    pub(crate) over: Over,
}

/// The unit in which a metric is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// Nanoseconds; shown in milliseconds.
    Time,
    /// Tokens.
    Tokens,
    /// Tokens a second; distributions hold millionths of it.
    TokenRate,
    /// Requests.
    Requests,
    /// Requests a second.
    RequestRate,
}

/// What a run must have for a metric to exist.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Needs {
    /// Nothing in particular.
    Nothing,
    /// Replies that are streams.
    Stream,
    /// Receive times from the kernel.
    KernelTimestamps,
    /// Objectives.
    Objectives,
}

/// EvalScope's names for a metric, which its users' programs parse.
#[derive(Debug, Clone, Copy)]
pub struct EvalScope {
    /// Key in `benchmark_summary.json`: the mean of a distribution, or the value.
    pub summary: Option<&'static str>,
    /// Column of `benchmark_percentile.json`.
    pub percentiles: Option<&'static str>,
    /// What a stored value is divided by to be in the unit that these names give.
    pub divisor: f64,
}

/// What a metric has values of, and how one is found.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Over {
    /// The successful requests that have it.
    Requests(fn(&Row) -> Option<u64>),
    /// Every request sent, first attempts only.
    FirstAttempts(fn(&Row) -> Option<u64>),
    /// Output frames, or the reads that brought them; collected while records come in.
    Frames,
    /// The point: one value, which may also be given as a share of all, 0 to 1.
    Point { value: fn(&Totals<'_>) -> Option<f64>, share: Option<fn(&Totals<'_>) -> Option<f64>> },
}

impl Metric {
    /// Its name in conditions and JSON.
    pub fn key(self) -> &'static str {
        self.definition().key
    }

    /// Its name in running text.
    pub fn label(self) -> &'static str {
        self.definition().label
    }

    /// Its key in `loadwright.metrics`, which names the unit.
    pub fn key_with_unit(self) -> String {
        format!("{}{}", self.key(), self.definition().unit.suffix())
    }

    /// Whether it is a distribution, and not one value a point.
    pub fn is_distribution(self) -> bool {
        !matches!(self.definition().over, Over::Point { .. })
    }

    /// Whether it can be given as a share of all requests or slots.
    pub fn has_share(self) -> bool {
        matches!(self.definition().over, Over::Point { share: Some(_), .. })
    }

    /// Its value for one request; none where the request does not have it.
    pub(crate) fn of(self, row: &Row) -> Option<u64> {
        match self.definition().over {
            Over::Requests(value) | Over::FirstAttempts(value) => value(row),
            Over::Frames | Over::Point { .. } => None,
        }
    }

    /// Whether the request of `row` counts for it.
    pub(crate) fn counts(self, row: &Row) -> bool {
        match self.definition().over {
            Over::Requests(_) | Over::Frames => row.ok,
            Over::FirstAttempts(_) => row.fresh,
            Over::Point { .. } => false,
        }
    }

    /// Every metric that is a distribution.
    pub fn distributions() -> impl Iterator<Item = Self> {
        Self::ALL.iter().copied().filter(|metric| metric.is_distribution())
    }
}

impl From<Metric> for &'static str {
    fn from(metric: Metric) -> Self {
        metric.key()
    }
}

impl TryFrom<String> for Metric {
    type Error = String;

    fn try_from(key: String) -> Result<Self, String> {
        let found = Self::ALL.iter().copied().find(|metric| metric.key() == key);
        found.ok_or_else(|| format!("unknown metric `{key}`"))
    }
}

impl Unit {
    /// What a key in `loadwright.metrics` ends in, where it does not name the unit itself.
    pub fn suffix(self) -> &'static str {
        match self {
            Self::Time => "_ms",
            Self::Tokens | Self::TokenRate | Self::Requests | Self::RequestRate => "",
        }
    }

    /// What a value of a distribution is divided by to be shown: nanoseconds become milliseconds,
    /// millionths whole.
    pub fn divisor(self) -> f64 {
        match self {
            Self::Time | Self::TokenRate => 1e6,
            Self::Tokens | Self::Requests | Self::RequestRate => 1.0,
        }
    }

    /// The unit in which values are shown.
    pub fn label(self) -> &'static str {
        match self {
            Self::Time => "ms",
            Self::Tokens => "tokens",
            Self::TokenRate => "tok/s",
            Self::Requests => "requests",
            Self::RequestRate => "req/s",
        }
    }
}

/// The distributions of a point or of its steady window: those of the table, and those that the
/// service tells of itself.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Metrics {
    /// One that does not exist is not in it. Times are nanoseconds, rates millionths of a token a
    /// second, tokens tokens.
    table: BTreeMap<Metric, Distribution>,
    /// All that the plan declares, in its order.
    service: Vec<ServiceValues>,
}

impl Metrics {
    /// The distribution of `metric`.
    pub fn get(&self, metric: Metric) -> Option<&Distribution> {
        self.table.get(&metric)
    }

    /// The distribution of `metric`, to be changed.
    pub fn get_mut(&mut self, metric: Metric) -> Option<&mut Distribution> {
        self.table.get_mut(&metric)
    }

    /// Sets the distribution of `metric`, where there is one.
    pub fn insert(&mut self, metric: Metric, distribution: Option<Distribution>) {
        if let Some(distribution) = distribution {
            self.table.insert(metric, distribution);
        }
    }

    /// Those that exist, in the order of the table.
    pub fn iter(&self) -> impl Iterator<Item = (Metric, &Distribution)> {
        self.table.iter().map(|(&metric, distribution)| (metric, distribution))
    }

    /// What the service told of itself: every metric that the plan declares.
    pub fn service(&self) -> &[ServiceValues] {
        &self.service
    }

    /// Sets what the service told of itself.
    pub(crate) fn set_service(&mut self, service: Vec<ServiceValues>) {
        self.service = service;
    }
}
