//! Why rows could not be found or read.

use std::io;

/// Rows could not be found or read. Texts follow the file's name: "data.json has no array at `/a`".
#[derive(Debug, thiserror::Error)]
pub enum RowsError {
    /// The system refused to read it.
    #[error("cannot be read: {0}")]
    Io(#[from] io::Error),
    /// The caller asked to stop.
    #[error("was not read: the run was stopped")]
    Stopped,
    /// It ends too early.
    #[error("is truncated: it ends where {wanted} should be")]
    Truncated {
        /// What should follow.
        wanted: &'static str,
    },
    /// It is not JSON.
    #[error(
        "is not JSON: at byte {at} is `{}`, where {wanted} should be",
        char::from(*.found).escape_default()
    )]
    Damaged {
        /// Where.
        at: u64,
        /// What is there.
        found: u8,
        /// What should be.
        wanted: &'static str,
    },
    /// It is JSON without that array.
    #[error("has no array at `{pointer}`: {why}")]
    NoArray {
        /// A JSON pointer.
        pointer: String,
        /// What is there.
        why: String,
    },
    /// A row is longer than allowed.
    #[error("has a row that is too long: {row}")]
    TooLong {
        /// Its number.
        row: u64,
    },
}
