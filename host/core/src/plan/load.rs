//! How requests arrive: part of a plan.

use crate::arrival::Arrival;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// How requests arrive.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Load {
    /// Workers, each of which sends its next request when the last one ended.
    Closed {
        /// Their number: requests in flight at most.
        workers: u32,
        /// Workers start evenly spread over this span.
        ramp_up: Duration,
        /// When requests are scheduled, where given; a request whose worker is busy then is late.
        pace: Option<Arrival>,
    },
    /// Requests are sent by the clock, however slow the service is.
    Open {
        /// When.
        arrival: Arrival,
        /// A slot over this many in flight is dropped and counted.
        max_in_flight: Option<u32>,
    },
    /// An open loop whose slots have the times that the dataset gives its conversations. The point
    /// ends with the dataset.
    Trace {
        /// As for an open loop.
        max_in_flight: Option<u32>,
    },
}

impl Default for Load {
    /// One worker that sends each request when the last one ended.
    fn default() -> Self {
        Self::Closed { workers: 1, ramp_up: Duration::ZERO, pace: None }
    }
}

impl Load {
    /// The arrival process: of an open loop, and of a closed loop with a pace.
    pub fn arrival(&self) -> Option<Arrival> {
        match self {
            Self::Closed { pace, .. } => *pace,
            Self::Open { arrival, .. } => Some(*arrival),
            Self::Trace { .. } => None,
        }
    }

    /// Whether slots have scheduled times, by an arrival process or a trace. Without, a request is
    /// scheduled when its worker is free.
    pub fn is_planned(&self) -> bool {
        self.arrival().is_some() || matches!(self, Self::Trace { .. })
    }
}
