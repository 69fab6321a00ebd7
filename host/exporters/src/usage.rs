//! What an exporter has used so far: readable while it works.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Counters of one exporter; clones share them.
#[derive(Debug, Clone, Default)]
pub struct Usage(Arc<Counters>);

#[derive(Debug, Default)]
struct Counters {
    requests: AtomicU64,
    retries: AtomicU64,
    refused: AtomicU64,
    sent: AtomicU64,
    received: AtomicU64,
}

/// The counters at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Used {
    /// Requests that the exporter asked for.
    pub requests: u64,
    /// Further tries of those.
    pub retries: u64,
    /// Requests that the policy refused, redirects included.
    pub refused: u64,
    /// Bytes of request bodies, as sent.
    pub bytes_sent: u64,
    /// Bytes of response bodies, after decompression.
    pub bytes_received: u64,
}

impl Usage {
    /// What was used so far.
    pub fn read(&self) -> Used {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Used {
            requests: read(&self.0.requests),
            retries: read(&self.0.retries),
            refused: read(&self.0.refused),
            bytes_sent: read(&self.0.sent),
            bytes_received: read(&self.0.received),
        }
    }

    pub(crate) fn add_request(&self) {
        self.0.requests.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn add_retry(&self) {
        self.0.retries.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn add_refused(&self) {
        self.0.refused.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn add_sent(&self, bytes: usize) {
        self.0.sent.fetch_add(bytes as u64, Ordering::Relaxed);
    }

    pub(crate) fn add_received(&self, bytes: usize) {
        self.0.received.fetch_add(bytes as u64, Ordering::Relaxed);
    }
}
