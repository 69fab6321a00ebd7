//! How late frames leave against the pace asked for: whoever calibrates a client with this server
//! must know by how much the server itself was off.

use hdrhistogram::Histogram;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The longest time told apart, in nanoseconds: an hour.
const LONGEST: u64 = 3_600_000_000_000;
/// Significant digits of a time.
const DIGITS: u8 = 2;

/// How far behind its time something happened. Times in nanoseconds, to two significant digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Lateness {
    /// How often it happened.
    pub count: u64,
    /// Half were not later than this.
    pub p50: u64,
    /// 99 of 100 were not later than this.
    pub p99: u64,
    /// None was later than this.
    pub max: u64,
}

/// Gathers times.
#[derive(Debug)]
pub(crate) struct Late(Mutex<Histogram<u64>>);

impl Default for Late {
    fn default() -> Self {
        let histogram = Histogram::new_with_bounds(1, LONGEST, DIGITS);
        Self(Mutex::new(histogram.expect("the bounds and digits are in their ranges")))
    }
}

impl Late {
    fn histogram(&self) -> MutexGuard<'_, Histogram<u64>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Something was late by so much.
    pub(crate) fn note(&self, by: u64) {
        self.histogram().saturating_record(by);
    }

    pub(crate) fn so_far(&self) -> Lateness {
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
