//! What an attempt says of the service: whether it is there, and whether to wait before the next.

use loadwright_core::outcome::Outcome;
use std::time::Duration;

/// Who was met on an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Contact {
    /// The service: it took the request, whatever it made of it.
    Service,
    /// Nobody: no connection, or one that went down before a reply began.
    Nobody,
    /// This machine's own limits: nothing is known of the service.
    LocalLimit,
    /// Nothing was sent.
    Untried,
}

/// How long a worker waits where another attempt would fail as soon as this one did.
pub(crate) const BACK_OFF: Duration = Duration::from_millis(100);

impl Contact {
    /// What an attempt that failed in this way says; `begun`: a reply had begun.
    pub(crate) fn of(outcome: Outcome, begun: bool) -> Self {
        match outcome {
            Outcome::LocalLimit => Self::LocalLimit,
            Outcome::Reset | Outcome::Cut if !begun => Self::Nobody,
            outcome if outcome.is_connection_failure() => Self::Nobody,
            _ => Self::Service,
        }
    }

    /// Waits where an attempt at once would only be wasted.
    pub(crate) async fn back_off(self) {
        if matches!(self, Self::Nobody | Self::LocalLimit) {
            tokio::time::sleep(BACK_OFF).await;
        }
    }
}
