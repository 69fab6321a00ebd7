//! How many items are generated and formatted in one call: as many as take about 5 ms, so that a call
//! costs little beside its items, and no request waits long for the others of its batch.

use loadwright_core::Nanos;

/// What a call should take.
const AIM: Nanos = 5_000_000;

/// Items of a call at most.
const MOST: u64 = 256;

/// Grows at most twofold from one call to the next.
#[derive(Debug)]
pub(super) struct BatchSize(u64);

impl Default for BatchSize {
    fn default() -> Self {
        Self(4)
    }
}

impl BatchSize {
    /// Items of the next call at most.
    pub(super) fn items(&self) -> u64 {
        self.0
    }

    /// A call for `items` took `time`.
    pub(super) fn took(&mut self, items: u64, time: Nanos) {
        let fits = AIM.saturating_mul(items) / time.max(1);
        self.0 = fits.min(self.0.max(items) * 2).clamp(1, MOST);
    }
}

#[cfg(test)]
mod tests;
