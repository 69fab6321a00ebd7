//! What happens to a connection after a reply.

use std::time::Duration;

/// What happens to a connection after a reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum AfterReply {
    /// It waits for the next request.
    KeepAlive,
    /// The same, with an idle timeout of its own.
    KeepAliveFor(Duration),
    /// It is closed after a complete reply.
    Close,
    /// It is closed in the middle of a reply.
    Truncate,
    /// It is reset in the middle of a reply.
    Reset,
}

impl AfterReply {
    /// Whether the reply is complete.
    pub(crate) fn is_complete(self) -> bool {
        !matches!(self, Self::Truncate | Self::Reset)
    }
}
