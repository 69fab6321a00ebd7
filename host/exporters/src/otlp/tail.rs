//! The slow tail: which requests that were not sampled are among the slowest of a point is known once
//! it has ended.

use loadwright_core::export::{ExportRequest, TraceIds};
use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;

#[cfg(test)]
mod tests;

/// The most requests that are kept; more than these are counted as dropped.
const MOST: usize = 20_000;

/// A request that may be in the tail.
#[derive(Debug, Clone)]
pub(super) struct Candidate {
    pub(super) latency: f64,
    pub(super) request: ExportRequest,
    pub(super) ids: TraceIds,
    pub(super) link: Option<TraceIds>,
}

impl PartialEq for Candidate {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Candidate {}

impl PartialOrd for Candidate {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Candidate {
    fn cmp(&self, other: &Self) -> Ordering {
        self.latency.total_cmp(&other.latency)
    }
}

/// The slowest requests so far: more than a hundredth of all.
#[derive(Debug, Default)]
pub(super) struct Tail {
    /// With a latency, sampled or not.
    seen: usize,
    slowest: BinaryHeap<Reverse<Candidate>>,
    /// Let go because there were too many, and the longest latency among them.
    dropped: u64,
    dropped_above: f64,
}

impl Tail {
    /// Counts a request that is sent anyway.
    pub(super) fn count(&mut self) {
        self.seen += 1;
    }

    /// Keeps `candidate` while it may be in the tail.
    pub(super) fn add(&mut self, candidate: Candidate) {
        self.seen += 1;
        self.slowest.push(Reverse(candidate));
        let room = self.seen / 100 + 16;
        while self.slowest.len() > room.min(MOST) {
            let fastest = self.slowest.pop();
            if room > MOST
                && let Some(Reverse(fastest)) = fastest
            {
                self.dropped += 1;
                self.dropped_above = self.dropped_above.max(fastest.latency);
            }
        }
    }

    /// Those slower than `bound`, in the order of their slots; and how many such ones may have been
    /// let go.
    pub(super) fn take(&mut self, bound: f64) -> (Vec<Candidate>, u64) {
        let tail = std::mem::take(self);
        let slow = tail.slowest.into_iter().map(|Reverse(candidate)| candidate);
        let mut slow: Vec<_> = slow.filter(|candidate| candidate.latency > bound).collect();
        slow.sort_by_key(|slow| {
            let record = &slow.request.record;
            (record.seq, record.turn, record.attempt)
        });
        (slow, if tail.dropped_above > bound { tail.dropped } else { 0 })
    }
}
