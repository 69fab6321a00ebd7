//! What a client records while it reads.

use crate::metrics::{Metrics, Spread};

/// Times of all requests of a client.
#[derive(Debug)]
pub(crate) struct Tally {
    tokens: u32,
    /// When the first request was sent and the last one ended.
    first: u64,
    last: u64,
    /// Output frames.
    pub(crate) frames: u64,
    ttft: Vec<u64>,
    /// Gaps in nanoseconds, at most 4.3 s.
    gaps: Vec<u32>,
}

/// The request that a connection has in in_flight.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct InFlight {
    sent: u64,
    last: u64,
    frames: u32,
}

impl InFlight {
    /// A request that was sent at `sent`.
    pub(crate) fn sent(sent: u64) -> Self {
        Self { sent, last: 0, frames: 0 }
    }
}

impl Tally {
    /// For requests of `tokens` output tokens, the first sent at `first` or later.
    pub(crate) fn new(tokens: u32, first: u64) -> Self {
        Self { tokens, first, last: first, frames: 0, ttft: Vec::new(), gaps: Vec::new() }
    }

    /// Records `count` frames at `now`. Those behind the last token carry no output.
    pub(crate) fn record_frames(&mut self, in_flight: &mut InFlight, count: u32, now: u64) {
        for _ in 0..count.min(self.tokens - in_flight.frames.min(self.tokens)) {
            if in_flight.frames == 0 {
                self.ttft.push(now - in_flight.sent);
            } else {
                self.gaps.push(u32::try_from(now - in_flight.last).unwrap_or(u32::MAX));
            }
            in_flight.frames += 1;
            in_flight.last = now;
            self.frames += 1;
        }
    }

    /// Records that a request ended at `now`.
    pub(crate) fn record_end(&mut self, now: u64) {
        self.last = now;
    }

    /// The metrics of all requests.
    pub(crate) fn metrics(mut self) -> Metrics {
        let requests = self.ttft.len() as u64;
        Metrics {
            requests,
            requests_per_s: requests as f64 * 1e9 / (self.last - self.first) as f64,
            ttft_ms: Spread::of(&mut self.ttft),
            itl_ms: Spread::of(&mut self.gaps),
            dispatch_delay_ms: None,
        }
    }
}
