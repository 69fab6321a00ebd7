//! How a condition is written: `not-valid`, or a metric, `>`, `>=`, `<` or `<=`, a number and a unit.

use super::{Comparison, Condition, Quantity, Statistic, Test, Unit};
use crate::metrics::{self, Metric};
use crate::percentile::PERMILLES;
use crate::service::PREFIX;
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
    Statistic(String),
    /// No number, or one below 0.
    #[error("the limit of `{0}` is not a number of 0 or more")]
    Number(String),
    /// No number, where one below 0 would do.
    #[error("the limit of `{0}` is not a number")]
    AnyNumber(String),
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

impl FromStr for Condition {
    type Err = BadCondition;

    fn from_str(text: &str) -> Result<Self, BadCondition> {
        let text = without_blanks(text);
        let test = if text == "not-valid" { Test::NotValid } else { limit(&text)? };
        Ok(Self { text, test })
    }
}

fn limit(text: &str) -> Result<Test, BadCondition> {
    let at = text.find(['<', '>']).filter(|&at| at > 0);
    let at = at.ok_or_else(|| BadCondition::NoComparison(text.into()))?;
    let (name, rest) = text.split_at(at);
    let quantity = quantity(name)?;
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
    let limit = number.parse::<f64>().ok().filter(|limit| limit.is_finite());
    let limit = match quantity {
        Quantity::Service(..) => limit.ok_or_else(|| BadCondition::AnyNumber(text.into()))?,
        Quantity::Point(_) | Quantity::Requests(..) => {
            limit.filter(|limit| *limit >= 0.0).ok_or_else(|| BadCondition::Number(text.into()))?
        }
    };
    let unit = unit_of(&quantity, unit).ok_or_else(|| {
        let (units, suffix) = units(&quantity);
        let example = format!("{name}{}{number}{suffix}", &text[at..text.len() - rest.len()]);
        BadCondition::Unit { metric: name.into(), units, example }
    })?;
    Ok(Test::Limit { quantity, comparison, limit, unit })
}

/// `text` without blanks; between a metric and its statistic, `_` stands for them.
fn without_blanks(text: &str) -> String {
    let at = text.find(['<', '>']).unwrap_or(text.len());
    let (name, limit) = text.split_at(at);
    let name = name.split_whitespace().collect::<Vec<_>>().join("_");
    limit.split_whitespace().fold(name, |all, part| all + part)
}

fn quantity(name: &str) -> Result<Quantity, BadCondition> {
    if let Some(service) = name.strip_prefix(PREFIX) {
        return of_service(name, service);
    }
    // The longest key first: `ttft_from_schedule_p99` is not a statistic of `ttft`.
    let begins = |metric: &Metric| {
        let rest = name.strip_prefix(metric.key());
        rest.is_some_and(|rest| {
            rest.is_empty() || (metric.is_distribution() && rest.starts_with('_'))
        })
    };
    let known = Metric::ALL.iter().copied().filter(begins).max_by_key(|metric| metric.key().len());
    let metric = known.ok_or_else(|| BadCondition::UnknownMetric(name.into()))?;
    if !metric.is_distribution() {
        return Ok(Quantity::Point(metric));
    }
    let statistic = name[metric.key().len()..].strip_prefix('_').and_then(statistic);
    let statistic = statistic.ok_or_else(|| BadCondition::Statistic(metric.key().into()))?;
    Ok(Quantity::Requests(metric, statistic))
}

/// A metric that the service reports of itself: `service` is `name` without its prefix. Which there are
/// is known with the plugin.
fn of_service(name: &str, service: &str) -> Result<Quantity, BadCondition> {
    let parts = service.rsplit_once('_').filter(|(metric, _)| !metric.is_empty());
    let quantity =
        parts.and_then(|(name, rest)| Some(Quantity::Service(name.into(), statistic(rest)?)));
    quantity.ok_or_else(|| BadCondition::Statistic(name.into()))
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

/// The unit `written` after a limit of `quantity`; none where it is not one of those it has.
fn unit_of(quantity: &Quantity, written: &str) -> Option<Unit> {
    match written {
        "s" if quantity.is_time() => Some(Unit::Seconds),
        "ms" if quantity.is_time() => Some(Unit::Milliseconds),
        "%" if quantity.has_share() => Some(Unit::Percent),
        "" if !quantity.is_time() => Some(Unit::Plain),
        _ => None,
    }
}

/// The units of the limit of `quantity` in words, and one of them.
fn units(quantity: &Quantity) -> (&'static str, &'static str) {
    if let Quantity::Service(..) = quantity {
        ("no unit, since it is in the unit that the plugin declares", "")
    } else if quantity.is_time() {
        ("a unit, ms or s", "ms")
    } else if quantity.has_share() {
        ("% for a share of the requests, or no unit", "%")
    } else {
        ("no unit", "")
    }
}

impl Quantity {
    fn is_time(&self) -> bool {
        let time = |metric: &Metric| metric.definition().unit == metrics::Unit::Time;
        matches!(self, Self::Point(metric) | Self::Requests(metric, _) if time(metric))
    }

    fn has_share(&self) -> bool {
        matches!(self, Self::Point(metric) if metric.has_share())
    }
}

/// Every metric, for the error about an unknown one.
fn known() -> String {
    let keys = |distributions: bool| {
        let metrics = Metric::ALL.iter().filter(|all| all.is_distribution() == distributions);
        metrics.map(|metric| metric.key()).collect::<Vec<_>>().join(", ")
    };
    format!(
        "metrics are {}; and {}, and metric:NAME for one that the API plugin declares, each with a \
         suffix: _mean, _min, _max or a percentile such as _p99",
        keys(false),
        keys(true)
    )
}

fn statistics() -> String {
    let percentiles: Vec<String> = PERMILLES.into_iter().map(percentile).collect();
    format!("mean, min, max, {}", percentiles.join(", "))
}
