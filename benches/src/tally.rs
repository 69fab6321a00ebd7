//! What a client notes while it reads.

use crate::figures::{Metrics, Spread};

/// Times of all requests of a client.
#[derive(Debug)]
pub(crate) struct Tally {
    tokens: u32,
    /// When the first was sent and the last ended.
    first: u64,
    last: u64,
    /// Output frames.
    pub(crate) frames: u64,
    ttft: Vec<u64>,
    /// Gaps in nanoseconds; one of more than 4.3 s is counted as that.
    gaps: Vec<u32>,
}

/// The request that a connection has in flight.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Flight {
    sent: u64,
    last: u64,
    frames: u32,
}

impl Flight {
    /// A request that was sent at `sent`.
    pub(crate) fn sent(sent: u64) -> Self {
        Self { sent, last: 0, frames: 0 }
    }
}

impl Tally {
    /// For requests of `tokens` output tokens, of which the first is sent not before `first`.
    pub(crate) fn new(tokens: u32, first: u64) -> Self {
        Self { tokens, first, last: first, frames: 0, ttft: Vec::new(), gaps: Vec::new() }
    }

    /// Notes `count` frames at `now`. Those behind the last token carry no output.
    pub(crate) fn saw(&mut self, flight: &mut Flight, count: u32, now: u64) {
        for _ in 0..count.min(self.tokens - flight.frames.min(self.tokens)) {
            if flight.frames == 0 {
                self.ttft.push(now - flight.sent);
            } else {
                self.gaps.push(u32::try_from(now - flight.last).unwrap_or(u32::MAX));
            }
            flight.frames += 1;
            flight.last = now;
            self.frames += 1;
        }
    }

    /// Notes that a request ended at `now`.
    pub(crate) fn ended(&mut self, now: u64) {
        self.last = now;
    }

    /// The figures of it all.
    pub(crate) fn figures(mut self) -> Metrics {
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
