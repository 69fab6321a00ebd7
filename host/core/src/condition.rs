//! Conditions on a point's metrics under which a run counts as failed: `not-valid`, `failed>1%`,
//! `ttft_p99>500ms`. How they are written is in `parse`; what a condition that is met does to the
//! run is the command line's business.

mod parse;

pub use parse::BadCondition;

use crate::checks::Verdict;
use crate::metrics::{Metric, Needs};
use crate::percentile::Distribution;
use crate::summary::Summary;
use crate::sweep::not_run;
use std::fmt;

#[cfg(test)]
mod tests;

/// A condition, as it was written and as it is evaluated.
#[derive(Debug, Clone, PartialEq)]
pub struct Condition {
    text: String,
    test: Test,
}

#[derive(Debug, Clone, PartialEq)]
enum Test {
    NotValid,
    Limit { quantity: Quantity, comparison: Comparison, limit: f64, unit: Unit },
}

/// What is compared: a value of the point, or a distribution by one of its statistics.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Quantity {
    Point(Metric),
    Requests(Metric, Statistic),
    /// A metric that the service reports of itself, by name.
    Service(String, Statistic),
}

/// What is taken from a distribution.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Statistic {
    Mean,
    Min,
    Max,
    /// In tenths of a percent.
    Percentile(u32),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Comparison {
    Above,
    AtLeast,
    Below,
    AtMost,
}

/// The unit that a limit is given in, and a measured value is shown in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// Seconds.
    Seconds,
    /// Milliseconds.
    Milliseconds,
    /// Percent of all requests.
    Percent,
    /// The metric's own: a count, tokens, or a rate a second.
    Plain,
}

/// A condition that a point meets, and why.
#[derive(Debug, Clone, PartialEq)]
pub struct Met {
    /// The condition as it was written.
    pub condition: String,
    /// What met it.
    pub by: MetBy,
}

/// What met a condition.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum MetBy {
    /// The point's verdict.
    Verdict,
    /// A value, in the unit of the condition.
    Value(f64, Unit),
    /// The point has no such metric, so nothing shows that the limit was kept.
    Absent,
}

/// A condition that a point of a run meets.
#[derive(Debug, Clone, PartialEq)]
pub struct MetAt {
    /// The point's name.
    pub point: String,
    /// The condition, and what met it.
    pub met: Met,
}

/// Which of `conditions` the `planned` points of a run meet: those with a summary, then those that did not
/// run, which meet every condition.
pub fn check(conditions: &[Condition], summaries: &[Summary], planned: &[String]) -> Vec<MetAt> {
    let at = |point: &str, met: Met| MetAt { point: point.to_owned(), met };
    let ran = summaries.iter().flat_map(|summary| {
        let met = conditions.iter().filter_map(|condition| condition.met(summary));
        met.map(|met| at(&summary.point.name, met))
    });
    let missing = not_run(summaries, planned).flat_map(|name| {
        conditions.iter().map(move |condition| at(name, condition.met_unmeasured()))
    });
    ran.chain(missing).collect()
}

impl Condition {
    /// Whether only a run with objectives has the metric.
    pub fn needs_objectives(&self) -> bool {
        self.needs() == Needs::Objectives
    }

    /// Whether only streamed replies have the metric.
    pub fn needs_stream(&self) -> bool {
        self.needs() == Needs::Stream
    }

    fn needs(&self) -> Needs {
        match &self.test {
            Test::Limit { quantity: Quantity::Point(metric), .. }
            | Test::Limit { quantity: Quantity::Requests(metric, _), .. } => {
                metric.definition().needs
            }
            Test::NotValid | Test::Limit { quantity: Quantity::Service(..), .. } => Needs::Nothing,
        }
    }

    /// The metric that the service must tell of itself, by name.
    pub fn service_metric(&self) -> Option<&str> {
        match &self.test {
            Test::Limit { quantity: Quantity::Service(name, _), .. } => Some(name),
            Test::NotValid | Test::Limit { .. } => None,
        }
    }

    /// Why `summary` meets the condition; none where it does not. A metric that the point does not
    /// have meets every condition on it.
    pub fn met(&self, summary: &Summary) -> Option<Met> {
        let by = match &self.test {
            Test::NotValid => (summary.verdict == Verdict::NotValid).then_some(MetBy::Verdict)?,
            &Test::Limit { ref quantity, comparison, limit, unit } => {
                match quantity.value(summary, unit) {
                    None => MetBy::Absent,
                    Some(value) if comparison.holds(value, limit) => MetBy::Value(value, unit),
                    Some(_) => return None,
                }
            }
        };
        Some(Met { condition: self.text.clone(), by })
    }

    /// The condition met by a point that did not run, which has no metric at all.
    fn met_unmeasured(&self) -> Met {
        Met { condition: self.text.clone(), by: MetBy::Absent }
    }
}

impl fmt::Display for Condition {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.text)
    }
}

impl Quantity {
    /// The value in `unit`; none where the point does not have it.
    fn value(&self, summary: &Summary, unit: Unit) -> Option<f64> {
        match self {
            &Self::Point(metric) => match unit {
                Unit::Percent => summary.share(metric).map(|share| share * 100.0),
                Unit::Seconds | Unit::Milliseconds | Unit::Plain => summary.value(metric),
            },
            &Self::Requests(metric, statistic) => {
                let base = match unit {
                    Unit::Seconds => 1e9,
                    Unit::Milliseconds | Unit::Percent | Unit::Plain => {
                        metric.definition().unit.divisor()
                    }
                };
                let distribution = summary.metrics.get(metric)?;
                Some(statistic.of(distribution, |value| value as f64) / base)
            }
            Self::Service(name, statistic) => {
                let mut all = summary.metrics.service().iter();
                let values = all.find(|values| values.metric.name == *name)?;
                Some(statistic.of(values.distribution.as_ref()?, |value| value))
            }
        }
    }
}

impl Statistic {
    fn of<T: Copy>(self, distribution: &Distribution<T>, number: impl Fn(T) -> f64) -> f64 {
        match self {
            Self::Mean => distribution.mean,
            Self::Min => number(distribution.min()),
            Self::Max => number(distribution.max()),
            Self::Percentile(permille) => {
                number(distribution.at(permille).expect("only kept percentiles are parsed"))
            }
        }
    }
}

impl Comparison {
    fn holds(self, value: f64, limit: f64) -> bool {
        match self {
            Self::Above => value > limit,
            Self::AtLeast => value >= limit,
            Self::Below => value < limit,
            Self::AtMost => value <= limit,
        }
    }
}
