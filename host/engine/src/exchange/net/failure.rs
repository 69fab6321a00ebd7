//! Outcomes of the errors that a connection reports.

use crate::messages::Failure;
use loadwright_core::outcome::{Outcome, Stage};
use std::io;

impl Failure {
    /// A connection that could not be opened.
    pub(crate) fn connecting(error: &io::Error, to: &str) -> Self {
        let outcome = local_limit(error).unwrap_or(match error.kind() {
            io::ErrorKind::ConnectionRefused => Outcome::Refused,
            io::ErrorKind::NotFound => Outcome::Refused,
            io::ErrorKind::ConnectionReset => Outcome::Reset,
            io::ErrorKind::TimedOut => Outcome::Timeout(Stage::Connect),
            _ => Outcome::Connect,
        });
        Self::new(outcome, format!("connecting to {to}: {error}"))
    }

    /// A connection that broke while it was used.
    pub(crate) fn broken(error: &io::Error) -> Self {
        let outcome = local_limit(error).unwrap_or(match error.kind() {
            io::ErrorKind::UnexpectedEof => Outcome::Truncated,
            io::ErrorKind::InvalidData => Outcome::Malformed,
            _ => Outcome::Reset,
        });
        Self::new(outcome, error.to_string())
    }
}

/// Out of files (`EMFILE`, `ENFILE`) or of local ports (`EADDRNOTAVAIL`).
fn local_limit(error: &io::Error) -> Option<Outcome> {
    matches!(error.raw_os_error(), Some(libc::EMFILE | libc::ENFILE | libc::EADDRNOTAVAIL))
        .then_some(Outcome::LocalLimit)
}
