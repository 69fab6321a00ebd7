//! The time limits of one call, and what it has used of them.

use crate::clock;
use crate::limits::Limits;
use std::time::{Duration, Instant};

/// The times of a call.
#[derive(Debug)]
pub(crate) struct CallTimes {
    /// Time that the guest may take, without host calls.
    pub(crate) allowed: Duration,
    /// Time that its host calls may take.
    pub(crate) allowed_in_host: Duration,
    began: Instant,
    /// When the guest's own time is used up; host calls move it.
    deadline: Instant,
    /// Time of host calls so far.
    pub(crate) in_host: Duration,
    /// Time that it waited for indexes.
    pub(crate) in_index: Duration,
}

impl CallTimes {
    /// A call that begins now and may take `times` the usual time.
    pub(crate) fn begin(limits: &Limits, times: u32) -> Self {
        let allowed = limits.timeout.saturating_mul(times);
        let began = clock::now();
        Self {
            allowed,
            allowed_in_host: limits.host_time.saturating_mul(times),
            began,
            deadline: began + allowed,
            in_host: Duration::ZERO,
            in_index: Duration::ZERO,
        }
    }

    /// Time since the call began.
    pub(crate) fn elapsed(&self) -> Duration {
        clock::now() - self.began
    }

    /// The guest's own time that is left.
    pub(crate) fn left(&self) -> Duration {
        self.deadline.saturating_duration_since(clock::now())
    }

    /// Does not count `time` as the guest's own.
    pub(crate) fn outside(&mut self, time: Duration) {
        self.deadline += time;
    }
}
