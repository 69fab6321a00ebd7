//! Timestamps of one exchange, all on the run's monotonic clock.

use crate::Nanos;
use crate::reading::Channel;
use serde::{Deserialize, Serialize};

/// When each stage of one exchange happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Timeline {
    /// When the arrival process scheduled the request; without one, when its worker became free.
    pub scheduled: Nanos,
    /// When a connection was available; the wait for one is `ready - scheduled` less the connect phases.
    pub ready: Option<Nanos>,
    /// Just before the first byte was handed to the kernel.
    pub sent: Option<Nanos>,
    /// Phases of the connection, where this request opened it.
    pub connect: Option<Connect>,
    /// When the response's head was complete.
    pub head: Option<Nanos>,
    /// When the exchange was over: last byte of the reply, or the failure.
    pub end: Nanos,
}

/// Phases of opening a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Connect {
    /// When opening began.
    pub start: Nanos,
    /// Name resolved; none for addresses and Unix sockets.
    pub resolved: Option<Nanos>,
    /// TCP (or Unix) connection established.
    pub connected: Nanos,
    /// TLS handshake done.
    pub tls: Option<Nanos>,
}

/// A frame that carried output, reasoning or part of a tool call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OutputFrame {
    /// Timestamp by the plan's source.
    pub at: Nanos,
    /// User-space timestamp of the same read; `user - at` is the client's read lag.
    pub user: Nanos,
    /// Tokens in the frame, where the reply says so.
    pub tokens: Option<u32>,
    /// What it carried.
    pub channel: Channel,
    /// Whether an earlier frame of the exchange was completed by the same read.
    pub shared: bool,
}
