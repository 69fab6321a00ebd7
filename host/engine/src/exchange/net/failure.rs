//! What goes wrong on a connection, sorted into outcomes.

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

    /// Data that came before the request was sent: the reply to nothing, with `status` if it is
    /// a reply at all.
    pub(crate) fn unsolicited(status: Option<u16>) -> Self {
        let what = match status {
            Some(status) => format!("a reply with status {status}"),
            None => "data that is not a reply".to_owned(),
        };
        let text = format!("the server sent {what} before the request was sent");
        Self::new(Outcome::Unsolicited, text)
    }

    /// A connection that broke in use.
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
