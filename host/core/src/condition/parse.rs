//! How a condition is written: `not-valid`, or a metric, `>`, `>=`, `<` or `<=`, a number and a unit.

use super::{Comparison, Condition, Quantity, Statistic, Test, Unit};
use crate::percentile::PERMILLES;
use crate::summary::Metric;
use std::str::FromStr;

/// Why a text is not a condition: a lower-case fragment that names the remedy.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadCondition {
    /// No comparison in it.
    #[error(
        "`{0}` is not a condition; write not-valid, or a metric and a limit, e.g. ttft_p99>500ms, \
         failed>1% or goodput<95%"
    )]
    NoComparison(String),
    /// The metric does not exist.
    #[error("unknown metric `{0}`; {list}", list = known())]
    UnknownMetric(String),
    /// A distribution without a statistic, or with one that is not kept.
    #[error("`{0}` needs a statistic: write {0}_ and one of {list}", list = statistics())]
    Statistic(&'static str),
    /// No number, or one below 0.
    #[error("the limit of `{0}` is not a number of 0 or more")]
    Number(String),
    /// A unit that the metric does not have, or none where it needs one.
    #[error("the limit of {metric} needs {units}; write e.g. {example}")]
    Unit {
        /// The metric as written.
        metric: String,
        /// What it takes.
        units: &'static str,
        /// A condition that would do.
        example: String,
    },
}

/// What a metric's values are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// A span: the limit is in `s` or `ms`.
    Time,
    /// A count or a rate, or a share of the requests: the limit is a bare number, or in `%`.
    Share,
    /// A count or a rate: the limit is a bare number.
    Plain,
}

/// Quantities that are distributions: the keys of `loadwright.metrics` without their units of time.
const DISTRIBUTIONS: [(&str, Metric, Kind); 15] = [
    ("ttft", Metric::Ttft, Kind::Time),
    ("ttft_from_schedule", Metric::TtftFromSchedule, Kind::Time),
    ("first_answer", Metric::FirstAnswer, Kind::Time),
    ("latency", Metric::Latency, Kind::Time),
    ("latency_from_schedule", Metric::LatencyFromSchedule, Kind::Time),
    ("tpot", Metric::Tpot, Kind::Time),
    ("itl", Metric::Itl, Kind::Time),
    ("itl_per_token", Metric::ItlPerToken, Kind::Time),
    ("input_tokens", Metric::InputTokens, Kind::Plain),
    ("output_tokens", Metric::OutputTokens, Kind::Plain),
    ("output_tok_per_s", Metric::OutputRate, Kind::Plain),
    ("total_tok_per_s", Metric::TotalRate, Kind::Plain),
    ("decode_tok_per_s", Metric::DecodeRate, Kind::Plain),
    ("dispatch_delay", Metric::DispatchDelay, Kind::Time),
    ("read_lag", Metric::ReadLag, Kind::Time),
];

/// Quantities that are one value a point.
const VALUES: [(&str, Quantity, Kind); 7] = [
    ("failed", Quantity::Failed, Kind::Share),
    ("dropped", Quantity::Dropped, Kind::Share),
    ("goodput", Quantity::Goodput, Kind::Share),
    ("request_throughput", Quantity::RequestThroughput, Kind::Plain),
    ("output_throughput", Quantity::OutputThroughput, Kind::Plain),
    ("total_throughput", Quantity::TotalThroughput, Kind::Plain),
    ("concurrency", Quantity::Concurrency, Kind::Plain),
];

impl FromStr for Condition {
    type Err = BadCondition;

    fn from_str(text: &str) -> Result<Self, BadCondition> {
        let text: String = text.split_whitespace().collect();
        let test = if text == "not-valid" { Test::NotValid } else { limit(&text)? };
        Ok(Self { text, test })
    }
}

fn limit(text: &str) -> Result<Test, BadCondition> {
    let at = text.find(['<', '>']).filter(|&at| at > 0);
    let at = at.ok_or_else(|| BadCondition::NoComparison(text.into()))?;
    let (name, rest) = text.split_at(at);
    let (metric, kind) = metric(name)?;
    let (comparison, rest) = match rest.split_at(1) {
        (">", rest) => rest
            .strip_prefix('=')
            .map_or((Comparison::Above, rest), |rest| (Comparison::AtLeast, rest)),
        (_, rest) => rest
            .strip_prefix('=')
            .map_or((Comparison::Below, rest), |rest| (Comparison::AtMost, rest)),
    };
    let digits = rest.find(|c: char| c.is_ascii_alphabetic() || c == '%').unwrap_or(rest.len());
    let (number, unit) = rest.split_at(digits);
    let limit = number.parse::<f64>().ok().filter(|limit| limit.is_finite() && *limit >= 0.0);
    let limit = limit.ok_or_else(|| BadCondition::Number(text.into()))?;
    let unit = kind.unit(unit).ok_or_else(|| {
        let (units, suffix) = kind.units();
        let example = format!("{name}{}{number}{suffix}", &text[at..text.len() - rest.len()]);
        BadCondition::Unit { metric: name.into(), units, example }
    })?;
    Ok(Test::Limit { metric, comparison, limit, unit })
}

fn metric(name: &str) -> Result<(Quantity, Kind), BadCondition> {
    if let Some(&(_, metric, kind)) = VALUES.iter().find(|(known, ..)| *known == name) {
        return Ok((metric, kind));
    }
    // The longest name first: `ttft_from_schedule_p99` is no statistic of `ttft`.
    let begins = |known: &str| {
        name.strip_prefix(known).is_some_and(|rest| rest.is_empty() || rest.starts_with('_'))
    };
    let &(known, metric, kind) = DISTRIBUTIONS
        .iter()
        .filter(|(known, ..)| begins(known))
        .max_by_key(|(known, ..)| known.len())
        .ok_or_else(|| BadCondition::UnknownMetric(name.into()))?;
    let statistic = name[known.len()..].strip_prefix('_').and_then(statistic);
    let statistic = statistic.ok_or(BadCondition::Statistic(known))?;
    Ok((Quantity::Statistic(metric, statistic), kind))
}

fn statistic(name: &str) -> Option<Statistic> {
    match name {
        "mean" => Some(Statistic::Mean),
        "min" => Some(Statistic::Min),
        "max" => Some(Statistic::Max),
        _ => PERMILLES
            .into_iter()
            .find(|&permille| percentile(permille) == name)
            .map(Statistic::Percentile),
    }
}

/// `p99` of 990, `p99.9` of 999.
fn percentile(permille: u32) -> String {
    format!("p{}", f64::from(permille) / 10.0)
}

impl Kind {
    fn unit(self, written: &str) -> Option<Unit> {
        match (self, written) {
            (Self::Time, "s") => Some(Unit::Seconds),
            (Self::Time, "ms") => Some(Unit::Milliseconds),
            (Self::Share, "%") => Some(Unit::Percent),
            (Self::Share | Self::Plain, "") => Some(Unit::Plain),
            _ => None,
        }
    }

    /// The units in words, and one of them.
    fn units(self) -> (&'static str, &'static str) {
        match self {
            Self::Time => ("a unit, ms or s", "ms"),
            Self::Share => ("% for a share of the requests, or no unit", "%"),
            Self::Plain => ("no unit", ""),
        }
    }
}

/// Every metric there is, for those who wrote another.
fn known() -> String {
    let values: Vec<&str> = VALUES.iter().map(|(name, ..)| *name).collect();
    let distributions: Vec<&str> = DISTRIBUTIONS.iter().map(|(name, ..)| *name).collect();
    format!(
        "metrics are {}; and {}, each with a suffix: _mean, _min, _max or a percentile such as _p99",
        values.join(", "),
        distributions.join(", ")
    )
}

fn statistics() -> String {
    let percentiles: Vec<String> = PERMILLES.into_iter().map(percentile).collect();
    format!("mean, min, max, {}", percentiles.join(", "))
}
