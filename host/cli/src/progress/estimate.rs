//! Estimates how long the remaining points of a sweep will take, from their plans and the current
//! point. Only for display.

use loadwright_core::plan::{Load, Plan};
use std::time::Duration;

/// What is known beforehand of a point's length.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct PointEstimate {
    /// Slots, warm-up included, where the plan bounds them.
    slots: Option<u64>,
    /// Requests in flight at most, of a closed loop.
    workers: Option<u32>,
    /// Slots a second at most.
    rate: Option<f64>,
    /// Seconds at most.
    duration: Option<f64>,
}

impl PointEstimate {
    pub(super) fn of(plan: &Plan) -> Self {
        let (workers, arrival) = match &plan.load {
            Load::Closed { workers, pace, .. } => (Some(*workers), pace.as_ref()),
            Load::Open { arrival, .. } => (None, Some(arrival)),
            Load::Trace { .. } => (None, None),
        };
        Self {
            slots: plan.slots(),
            workers,
            rate: arrival.map(|arrival| arrival.rate),
            duration: plan.limits.duration.map(|limit| limit.as_secs_f64()),
        }
    }

    /// Seconds that a request keeps a worker busy, where `done` of them took `seconds` in all.
    pub(super) fn cost(&self, done: u64, seconds: f64) -> Option<f64> {
        let workers = self.workers.filter(|_| done > 0)?;
        let busy = u64::from(workers).min(self.slots.unwrap_or(u64::MAX));
        Some(seconds * busy as f64 / done as f64)
    }

    /// Seconds that the point takes, where a request keeps a worker busy for `cost` seconds.
    fn seconds(&self, cost: Option<f64>) -> Option<f64> {
        let paced = self.slots.zip(self.rate).map(|(slots, rate)| slots as f64 / rate);
        let served = self.slots.zip(self.workers).zip(cost).map(|((slots, workers), cost)| {
            slots as f64 * cost / u64::from(workers).min(slots).max(1) as f64
        });
        let by_slots = match (paced, served) {
            (Some(paced), Some(served)) => Some(paced.max(served)),
            // Workers may be slower than the pace, but nobody knows yet.
            (paced, served) => paced.or(served),
        };
        match (by_slots, self.duration) {
            (Some(by_slots), Some(limit)) => Some(by_slots.min(limit)),
            (by_slots, limit) => by_slots.or(limit),
        }
    }
}

/// Seconds until the last of `points` is over, with a `pause` before each; none where a point's
/// length cannot be told.
pub(super) fn seconds(points: &[PointEstimate], pause: Duration, cost: Option<f64>) -> Option<f64> {
    points.iter().map(|point| Some(point.seconds(cost)? + pause.as_secs_f64())).sum()
}

#[cfg(test)]
mod tests;
