//! Distributions of measured values: nearest-rank percentiles, exact up to a million values and
//! from an HdrHistogram above. Where it stops: it knows numbers, not what they measure.

use hdrhistogram::Histogram;
use serde::{Deserialize, Serialize};

#[cfg(test)]
mod tests;

/// Values up to which a distribution is kept exactly; decided by count alone, so that a replay
/// decides the same.
pub const EXACT_LIMIT: u64 = 1_000_000;

/// The percentiles between the smallest and the largest value, in tenths of a percent.
pub const PERMILLES: [u32; 13] = [10, 50, 100, 250, 500, 660, 750, 800, 900, 950, 980, 990, 999];

/// Names of a distribution's rows, in order: the smallest value, [`PERMILLES`], the largest.
pub const ROWS: [&str; 15] = [
    "min", "1%", "5%", "10%", "25%", "50%", "66%", "75%", "80%", "90%", "95%", "98%", "99%",
    "99.9%", "max",
];

/// How a distribution's percentiles were found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    /// Nearest rank over every value.
    Exact,
    /// HdrHistogram at 3 significant digits; the mean, the smallest and the largest stay exact.
    Histogram,
}

/// The distribution of a set of values, in the unit of its metric.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Distribution<T = u64> {
    /// Number of values.
    pub count: u64,
    /// Mean; of whole numbers, an integer sum divided once.
    pub mean: f64,
    /// How the percentiles were found.
    pub method: Method,
    /// The values of [`ROWS`], in that order.
    pub rows: [T; 15],
}

impl<T: Copy> Distribution<T> {
    /// The value at a percentile given in tenths of a percent; none where it is not kept.
    pub fn at(&self, permille: u32) -> Option<T> {
        let index = PERMILLES.iter().position(|&kept| kept == permille)?;
        Some(self.rows[index + 1])
    }

    /// The median by nearest rank.
    pub fn median(&self) -> T {
        self.rows[5]
    }

    /// The 99th percentile by nearest rank.
    pub fn p99(&self) -> T {
        self.rows[12]
    }

    /// The smallest value.
    pub fn min(&self) -> T {
        self.rows[0]
    }

    /// The largest value.
    pub fn max(&self) -> T {
        self.rows[14]
    }

    /// The lowest kept percentile, in tenths of a percent, that rests on too few values.
    ///
    /// The percentile at quantile q needs 10 / (1 - q) values, so that about ten lie above it.
    pub fn thin_from(&self) -> Option<u32> {
        let enough = |permille: u32| self.count * u64::from(1000 - permille) >= 10_000;
        PERMILLES.into_iter().find(|&permille| !enough(permille))
    }
}

impl Distribution<f64> {
    /// The distribution of finite values, the same in any order and always exact; none without values.
    pub fn over(mut values: Vec<f64>) -> Option<Self> {
        values.sort_unstable_by(f64::total_cmp);
        let (&min, &max) = (values.first()?, values.last()?);
        let count = values.len() as u64;
        let mut rows = [min; 15];
        rows[14] = max;
        for (row, permille) in rows[1..14].iter_mut().zip(PERMILLES) {
            *row = values[nearest_rank(count, permille)];
        }
        let sum: f64 = values.iter().sum();
        // Where the sum overflows, each value is divided by itself.
        let parts = || values.iter().map(|value| value / count as f64).sum();
        let mean = if sum.is_finite() { sum / count as f64 } else { parts() };
        Some(Self { count, mean, method: Method::Exact, rows })
    }
}

/// Where the value at a percentile is among `count` sorted ones: `ceil(p / 100 · n) − 1`.
fn nearest_rank(count: u64, permille: u32) -> usize {
    let rank = (count * u64::from(permille)).div_ceil(1000).max(1);
    (rank - 1) as usize
}

/// Collects values.
///
/// Values below 2³² take four bytes: in nanoseconds, all up to 4.29 s.
#[derive(Debug, Clone)]
pub struct Values {
    kept: Kept,
    count: u64,
    sum: u128,
    min: u64,
    max: u64,
}

#[derive(Debug, Clone)]
enum Kept {
    Exact { narrow: Vec<u32>, wide: Vec<u64> },
    Histogram(Box<Histogram<u64>>),
}

impl Default for Values {
    fn default() -> Self {
        let kept = Kept::Exact { narrow: Vec::new(), wide: Vec::new() };
        Self { kept, count: 0, sum: 0, min: u64::MAX, max: 0 }
    }
}

impl Values {
    /// Adds a value.
    pub fn record(&mut self, value: u64) {
        self.record_n(value, 1);
    }

    /// Adds a value `n` times.
    pub fn record_n(&mut self, value: u64, n: u32) {
        if n == 0 {
            return;
        }
        self.count += u64::from(n);
        self.sum += u128::from(value) * u128::from(n);
        self.min = self.min.min(value);
        self.max = self.max.max(value);
        if self.count > EXACT_LIMIT {
            self.become_histogram();
        }
        match &mut self.kept {
            Kept::Exact { narrow, wide } => match u32::try_from(value) {
                Ok(small) => narrow.extend(std::iter::repeat_n(small, n as usize)),
                Err(_) => wide.extend(std::iter::repeat_n(value, n as usize)),
            },
            Kept::Histogram(histogram) => count_in(histogram, value, u64::from(n)),
        }
    }

    /// Number of values.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// Their sum.
    pub fn sum(&self) -> u128 {
        self.sum
    }

    /// The distribution; none without values.
    pub fn finish(mut self) -> Option<Distribution> {
        if self.count == 0 {
            return None;
        }
        let mut rows = [0; 15];
        rows[0] = self.min;
        rows[14] = self.max;
        if let Kept::Exact { narrow, wide } = &mut self.kept {
            narrow.sort_unstable();
            wide.sort_unstable();
        }
        for (row, permille) in rows[1..14].iter_mut().zip(PERMILLES) {
            *row = self.at(permille);
        }
        let method = match self.kept {
            Kept::Exact { .. } => Method::Exact,
            Kept::Histogram(_) => Method::Histogram,
        };
        let mean = self.sum as f64 / self.count as f64;
        Some(Distribution { count: self.count, mean, method, rows })
    }

    /// The value at the nearest rank; exact values are sorted.
    fn at(&self, permille: u32) -> u64 {
        match &self.kept {
            Kept::Exact { narrow, wide } => {
                let index = nearest_rank(self.count, permille);
                // Every narrow value is below every wide one.
                narrow
                    .get(index)
                    .map_or_else(|| wide[index - narrow.len()], |&value| u64::from(value))
            }
            Kept::Histogram(histogram) => {
                histogram.value_at_quantile(f64::from(permille) / 1000.0).clamp(self.min, self.max)
            }
        }
    }

    fn become_histogram(&mut self) {
        let Kept::Exact { narrow, wide } = &self.kept else { return };
        let mut histogram = Histogram::new(3).expect("3 significant digits are within 0 to 5");
        for &value in narrow {
            count_in(&mut histogram, u64::from(value), 1);
        }
        for &value in wide {
            count_in(&mut histogram, value, 1);
        }
        self.kept = Kept::Histogram(Box::new(histogram));
    }
}

/// Values in the buckets of an HdrHistogram at 2 significant digits: wide enough that there are few of
/// them, narrow enough that a percentile found from them is at most 1 % too high.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Buckets {
    /// The sum of all values.
    pub sum: u128,
    /// The largest value that each bucket holds, and how many there are in it, in ascending order and
    /// without empty ones. The last one ends with the largest value.
    pub counts: Vec<(u64, u64)>,
}

impl Values {
    /// The values in buckets.
    pub fn buckets(&self) -> Buckets {
        let mut histogram = Histogram::new(2).expect("2 significant digits are within 0 to 5");
        match &self.kept {
            Kept::Exact { narrow, wide } => {
                for &value in narrow {
                    count_in(&mut histogram, value.into(), 1);
                }
                for &value in wide {
                    count_in(&mut histogram, value, 1);
                }
            }
            // A bucket of 3 digits is within one of 2.
            Kept::Histogram(finer) => {
                for step in finer.iter_recorded() {
                    count_in(&mut histogram, step.value_iterated_to(), step.count_at_value());
                }
            }
        }
        let bucket = |step: HistogramStep| (step.value_iterated_to(), step.count_at_value());
        let mut counts: Vec<(u64, u64)> = histogram.iter_recorded().map(bucket).collect();
        counts.last_mut().into_iter().for_each(|(bound, _)| *bound = self.max);
        Buckets { sum: self.sum, counts }
    }
}

/// A bucket of an HdrHistogram.
type HistogramStep = hdrhistogram::iterators::IterationValue<u64>;

impl FromIterator<u64> for Values {
    fn from_iter<I: IntoIterator<Item = u64>>(values: I) -> Self {
        let mut all = Self::default();
        values.into_iter().for_each(|value| all.record(value));
        all
    }
}

fn count_in(histogram: &mut Histogram<u64>, value: u64, n: u64) {
    histogram.record_n(value, n).expect("a histogram that resizes itself holds every u64");
}
