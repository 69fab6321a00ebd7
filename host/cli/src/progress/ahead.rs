//! How long the points of a sweep that are still to come will take, as far as their plans and the
//! point that runs tell. An estimate for people who wait; nothing is decided by it.

use loadwright_core::plan::{Load, Plan};
use std::time::Duration;

/// What is known beforehand of a point's length.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Ahead {
    /// Slots, warm-up included, where the plan bounds them.
    slots: Option<u64>,
    /// Requests in flight at most, of a closed loop.
    workers: Option<u32>,
    /// Slots a second at most.
    rate: Option<f64>,
    /// Seconds at most.
    duration: Option<f64>,
}

impl Ahead {
    pub(super) fn of(plan: &Plan) -> Self {
        let (workers, arrival) = match &plan.load {
            Load::Closed { workers, pace, .. } => (Some(*workers), pace.as_ref()),
            Load::Open { arrival, .. } => (None, Some(arrival)),
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
pub(super) fn seconds(points: &[Ahead], pause: Duration, cost: Option<f64>) -> Option<f64> {
    points.iter().map(|point| Some(point.seconds(cost)? + pause.as_secs_f64())).sum()
}

#[cfg(test)]
mod tests {
    use super::{Ahead, seconds};
    use crate::usage;
    use std::ffi::OsString;
    use std::time::Duration;

    fn ahead(line: &str) -> Vec<Ahead> {
        let line = format!("--simulate {line}");
        let words: Vec<OsString> = line.split(' ').map(OsString::from).collect();
        usage::run(&words, &[]).expect("it converts").points.iter().map(Ahead::of).collect()
    }

    #[test]
    fn a_closed_loop_is_estimated_from_the_point_that_runs() {
        let points = ahead("--parallel 2 10 50 -n 20 100 10");
        // 10 requests by 2 workers in 4 s: each keeps a worker busy for 0.8 s.
        assert_eq!(points[0].cost(10, 4.0), Some(0.8));
        // 100 / 10 rounds of 0.8 s, and one round for 10 requests by 50 workers; 1 s before each.
        assert_eq!(seconds(&points[1..], Duration::from_secs(1), Some(0.8)), Some(8.0 + 0.8 + 2.0));
        assert_eq!(seconds(&points[1..], Duration::ZERO, None), None);
        assert_eq!(points[0].cost(0, 4.0), None);
        assert_eq!(seconds(&[], Duration::from_secs(9), None), Some(0.0));
    }

    #[test]
    fn rates_and_durations_bound_a_point() {
        let open = ahead("--open-loop --rate 2 4 -n 100");
        assert_eq!(seconds(&open, Duration::ZERO, None), Some(75.0));
        assert_eq!(open[0].cost(10, 4.0), None);
        let timed = ahead("--parallel 1 2 --duration 30");
        assert_eq!(seconds(&timed, Duration::from_secs(5), Some(1.0)), Some(70.0));
        let paced = ahead("--parallel 4 --rate 10 -n 100");
        assert_eq!(seconds(&paced, Duration::ZERO, Some(2.0)), Some(50.0));
        assert_eq!(seconds(&paced, Duration::ZERO, None), Some(10.0));
    }
}
