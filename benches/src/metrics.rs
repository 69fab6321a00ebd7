//! The metrics by which tools and server are compared, and how they are computed from times.

use serde::{Deserialize, Serialize};

/// The metrics of one run, as a tool or the server measured them.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Metrics {
    /// Requests that succeeded.
    pub(crate) requests: u64,
    /// Requests per second.
    pub(crate) requests_per_s: f64,
    /// Time to first token, in milliseconds.
    pub(crate) ttft_ms: Option<Spread>,
    /// Gaps between output frames, in milliseconds.
    pub(crate) itl_ms: Option<Spread>,
    /// Lateness of requests behind their arrival plan, in milliseconds. Results of 2026-11 call it
    /// `lag_ms`.
    #[serde(alias = "lag_ms")]
    pub(crate) dispatch_delay_ms: Option<Spread>,
}

/// Mean and 99th percentile.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(crate) struct Spread {
    /// Arithmetic mean.
    pub(crate) mean: f64,
    /// 99th percentile by nearest rank.
    pub(crate) p99: f64,
}

impl Spread {
    /// Of `nanos`, in milliseconds; sorts them.
    pub(crate) fn of<N: Copy + Ord + Into<u64>>(nanos: &mut [N]) -> Option<Self> {
        if nanos.is_empty() {
            return None;
        }
        nanos.sort_unstable();
        let sum: u64 = nanos.iter().map(|&nanos| nanos.into()).sum();
        let rank = (nanos.len() * 99).div_ceil(100);
        Some(Self {
            mean: sum as f64 / nanos.len() as f64 / 1e6,
            p99: nanos[rank - 1].into() as f64 / 1e6,
        })
    }

    /// The difference to `other`.
    pub(crate) fn minus(self, other: Self) -> Self {
        Self { mean: self.mean - other.mean, p99: self.p99 - other.p99 }
    }
}

/// The median of `values`.
pub(crate) fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    match values.len() {
        0 => None,
        length if length % 2 == 1 => Some(values[middle]),
        _ => Some((values[middle - 1] + values[middle]) / 2.0),
    }
}

#[cfg(test)]
mod tests;
