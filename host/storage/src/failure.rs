//! The error when the file of records cannot be written, with its remedy.

use loadwright_core::ports::SinkFailure;
use rusqlite::ErrorCode;
use std::fmt::Display;
use std::path::Path;

/// Says that records can no longer be written to `path`, why, and what to do.
pub(crate) fn lost(path: &Path, error: &rusqlite::Error) -> SinkFailure {
    lost_for(path, error, remedy(error.sqlite_error_code()))
}

/// As [`lost`], for an error of another kind.
pub(crate) fn lost_for(path: &Path, cause: &dyn Display, remedy: &str) -> SinkFailure {
    SinkFailure(format!("cannot write records to `{}`: {cause}; {remedy}", path.display()))
}

fn remedy(code: Option<ErrorCode>) -> &'static str {
    match code {
        Some(ErrorCode::DiskFull) => "free space there, or choose another disk with --outputs-dir",
        Some(ErrorCode::ReadOnly | ErrorCode::PermissionDenied | ErrorCode::CannotOpen) => {
            "make the folder writable, or choose another with --outputs-dir"
        }
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
            "end the program that locks it, or choose another folder with --outputs-dir"
        }
        _ => "check that disk and its limits, or choose another with --outputs-dir",
    }
}
