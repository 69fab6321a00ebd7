//! What one plugin may use.

use std::time::Duration;

/// Limits of a call and of an instance.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    /// Bytes of all linear memories.
    pub(crate) memory: u64,
    /// Bytes that it passes to the host in one call, as results or arguments.
    pub(crate) output: u64,
    /// Time of one call, without the host calls in it.
    pub(crate) timeout: Duration,
    /// Time of the host calls in one call.
    pub(crate) host_time: Duration,
}
