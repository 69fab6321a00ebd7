//! How far each exporter has come, in the table `export`.

use crate::open::{OpenError, to_write};
use crate::rows::RowError;
use crate::run_header::list;
use loadwright_core::ports::{Ledger, Progress};
use rusqlite::{Connection, OptionalExtension as _, Row, params};
use std::path::{Path, PathBuf};
use std::time::Duration;

#[cfg(test)]
mod tests;

/// Bytes of an exporter's state that are kept.
pub const MAX_STATE: usize = 1 << 20;

/// Bytes that the ending, the links and the losses may take, each.
const MAX_TEXT: usize = 256 << 10;

/// Which exporter sends, and the plugin that does it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exporting {
    /// Name of the exporter: what was chosen with `--exporter`.
    pub exporter: String,
    /// Name of its plugin.
    pub plugin: String,
    /// The plugin's own version.
    pub version: String,
    /// SHA-256 of its file, in hexadecimal.
    pub sha256: String,
}

/// The row of one exporter, over a connection of its own. Dropped last of a run's connections, it
/// leaves one plain file, as the store does.
#[derive(Debug)]
pub struct ExportLedger {
    connection: Connection,
    exporting: Exporting,
    path: PathBuf,
}

/// Why it could not be stored.
#[derive(Debug, thiserror::Error)]
enum NotStored {
    #[error(transparent)]
    Sql(#[from] rusqlite::Error),
    #[error("its {what} takes {bytes} bytes, and at most {limit} are stored")]
    TooLarge { what: &'static str, bytes: usize, limit: usize },
}

impl ExportLedger {
    /// Opens the file `path` for one exporter. Nothing is written yet.
    ///
    /// # Errors
    /// It is missing, something else, or of a version that cannot be read.
    pub fn open(path: &Path, exporting: Exporting) -> Result<Self, OpenError> {
        let connection = to_write(path)?;
        let failed = |error: rusqlite::Error| OpenError::Read {
            path: path.into(),
            cause: error.to_string(),
        };
        // What a loss of power takes back is sent once more.
        connection.pragma_update(None, "synchronous", "NORMAL").map_err(failed)?;
        Ok(Self { connection, exporting, path: path.into() })
    }

    fn read(&self) -> Result<Option<Progress>, RowError> {
        let sql = "SELECT cursor, requests, point, point_ended, state, ending, links, losses \
                   FROM export WHERE exporter = ?";
        let mut statement = self.connection.prepare_cached(sql)?;
        let found = statement.query_row([&self.exporting.exporter], |row| Ok(progress(row)));
        found.optional()?.transpose()
    }

    fn write(&self, progress: &Progress) -> Result<(), NotStored> {
        let Exporting { exporter, plugin, version, sha256 } = &self.exporting;
        #[rustfmt::skip]
        let Progress {
            cursor, requests, point, point_ended, state, ending, links, losses,
        } = progress;
        let (links, losses) = (list(links), list(losses));
        within("state", state, MAX_STATE)?;
        for (what, text) in
            [("ending", ending), ("list of links", &links), ("list of losses", &losses)]
        {
            within(what, text, MAX_TEXT)?;
        }
        let sql = "INSERT OR REPLACE INTO export VALUES \
                   (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, unixepoch('subsec'))";
        let mut statement = self.connection.prepare_cached(sql)?;
        statement.execute(params![
            exporter,
            plugin,
            version,
            sha256,
            cursor.cast_signed(),
            requests.cast_signed(),
            point,
            point_ended,
            state,
            ending,
            links,
            losses
        ])?;
        Ok(())
    }
}

fn progress(row: &Row<'_>) -> Result<Progress, RowError> {
    Ok(Progress {
        cursor: row.get::<_, i64>("cursor")?.cast_unsigned(),
        requests: row.get::<_, i64>("requests")?.cast_unsigned(),
        point: row.get("point")?,
        point_ended: row.get("point_ended")?,
        state: row.get("state")?,
        ending: row.get("ending")?,
        links: serde_json::from_str(&row.get::<_, String>("links")?)?,
        losses: serde_json::from_str(&row.get::<_, String>("losses")?)?,
    })
}

fn within(what: &'static str, text: &str, limit: usize) -> Result<(), NotStored> {
    let bytes = text.len();
    if bytes > limit { Err(NotStored::TooLarge { what, bytes, limit }) } else { Ok(()) }
}

impl Ledger for ExportLedger {
    fn load(&mut self) -> Result<Progress, String> {
        let failed = |error| format!("cannot read `{}`: {error}", self.path.display());
        Ok(self.read().map_err(failed)?.unwrap_or_default())
    }

    fn save(&mut self, progress: &Progress) -> Result<(), String> {
        self.write(progress).map_err(|error| {
            let (exporter, path) = (&self.exporting.exporter, self.path.display());
            format!("cannot store in `{path}` how far the exporter {exporter} has come: {error}")
        })
    }
}

impl Drop for ExportLedger {
    fn drop(&mut self) {
        // Fails at once, without harm, while anyone else has the file open.
        let _ = self.connection.busy_timeout(Duration::ZERO);
        let _ = self.connection.pragma_update(None, "journal_mode", "DELETE");
    }
}
