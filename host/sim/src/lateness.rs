//! How late the server itself was: a client calibrated against it is only as accurate as that.

use hdrhistogram::Histogram;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The longest time that is recorded exactly, in nanoseconds: an hour.
const LONGEST: u64 = 3_600_000_000_000;
/// Significant digits of a time.
const DIGITS: u8 = 2;

/// A summary of delays, in nanoseconds to two significant digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Lateness {
    /// Number of delays.
    pub count: u64,
    /// Median.
    pub p50: u64,
    /// 99th percentile.
    pub p99: u64,
    /// Maximum.
    pub max: u64,
}

/// A histogram of delays.
#[derive(Debug)]
pub(crate) struct LatenessHistogram(Mutex<Histogram<u64>>);

impl Default for LatenessHistogram {
    fn default() -> Self {
        let histogram = Histogram::new_with_bounds(1, LONGEST, DIGITS);
        Self(Mutex::new(histogram.expect("the bounds and digits are in their ranges")))
    }
}

impl LatenessHistogram {
    fn histogram(&self) -> MutexGuard<'_, Histogram<u64>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Records one delay.
    pub(crate) fn record(&self, delay: u64) {
        self.histogram().saturating_record(delay);
    }

    pub(crate) fn summary(&self) -> Lateness {
        let histogram = self.histogram();
        Lateness {
            count: histogram.len(),
            p50: histogram.value_at_quantile(0.5),
            p99: histogram.value_at_quantile(0.99),
            max: histogram.max(),
        }
    }
}

#[cfg(test)]
mod tests;
