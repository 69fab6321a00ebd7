//! Opens a file of records that exists.

use crate::format::{APPLICATION, Format, Unreadable};
use rusqlite::{Connection, OpenFlags};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How long a connection waits for others to finish a transaction. Those of this program take
/// milliseconds, with many records a second or two.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// Why a file of records could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// It is not there.
    #[error("`{}` does not exist: name a run's folder, or the records.db in it", .0.display())]
    Missing(PathBuf),
    /// It is something else.
    #[error("`{}` is not a records file: name a run's folder, or the records.db in it", .0.display())]
    Foreign(PathBuf),
    /// Another version wrote it.
    #[error("`{}` cannot be read: {reason}", path.display())]
    Version {
        /// The file.
        path: PathBuf,
        /// Which version, and what to do.
        reason: Unreadable,
    },
    /// Reading failed.
    #[error("cannot read `{}`: {cause}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        cause: String,
    },
}

/// Opens `path` to read it alone.
pub(crate) fn to_read(path: &Path) -> Result<Connection, OpenError> {
    open(path, OpenFlags::SQLITE_OPEN_READ_ONLY)
}

/// Opens `path` to write to it too.
pub(crate) fn to_write(path: &Path) -> Result<Connection, OpenError> {
    open(path, OpenFlags::SQLITE_OPEN_READ_WRITE)
}

fn open(path: &Path, access: OpenFlags) -> Result<Connection, OpenError> {
    if !path.is_file() {
        return Err(OpenError::Missing(path.into()));
    }
    let failed = |error: rusqlite::Error| match error.sqlite_error_code() {
        Some(rusqlite::ErrorCode::NotADatabase) => OpenError::Foreign(path.into()),
        _ => OpenError::Read { path: path.into(), cause: error.to_string() },
    };
    let flags = access | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags).map_err(failed)?;
    connection.busy_timeout(PATIENCE).map_err(failed)?;
    let application: i32 =
        connection.query_row("PRAGMA application_id", [], |row| row.get(0)).map_err(failed)?;
    if application != APPLICATION {
        return Err(OpenError::Foreign(path.into()));
    }
    let format = connection
        .query_row("SELECT format_major, format_minor FROM run", [], |row| {
            Ok(Format { major: row.get(0)?, minor: row.get(1)? })
        })
        .map_err(failed)?;
    format.check().map_err(|reason| OpenError::Version { path: path.into(), reason })?;
    Ok(connection)
}
