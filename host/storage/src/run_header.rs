//! What a run is: its id, its start, its planned points and its plugins.

use crate::format::CURRENT;
use crate::rows::RowError;
use rusqlite::{Connection, Row, params};

/// What is known of a run before its first point.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct RunHeader {
    /// Unique in the world: 32 hexadecimal digits.
    pub id: String,
    /// Seconds since the Unix epoch.
    pub started: f64,
    /// Names of the planned points, in order.
    pub points: Vec<String>,
    /// The plugins that take part.
    pub plugins: Vec<RunPlugin>,
}

/// A plugin that takes part in a run, and what it was allowed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RunPlugin {
    /// Its name.
    pub name: String,
    /// e.g. dataset
    pub kind: String,
    /// Its own version.
    pub version: String,
    /// SHA-256 of its file, in hexadecimal.
    pub sha256: String,
    /// Version of the contract that it was built for.
    pub contract: String,
    /// `bundled`, or the file that it was loaded from.
    pub source: String,
    /// What it was allowed beyond its world, as the user would type it.
    pub grants: Vec<String>,
}

impl RunHeader {
    /// Writes it into a file that has none.
    pub(crate) fn write(&self, connection: &Connection) -> rusqlite::Result<()> {
        let Self { id, started, points, plugins } = self;
        let (major, minor) = (CURRENT.major, CURRENT.minor);
        let sql = "INSERT INTO run (format_major, format_minor, loadwright, id, started, points) \
                   VALUES (?, ?, ?, ?, ?, ?)";
        let program = env!("CARGO_PKG_VERSION");
        connection.execute(sql, params![major, minor, program, id, started, list(points)])?;
        let sql = "INSERT INTO plugin (name, kind, version, sha256, contract, source, grants) \
                   VALUES (?, ?, ?, ?, ?, ?, ?)";
        let mut statement = connection.prepare(sql)?;
        for plugin in plugins {
            let RunPlugin { name, kind, version, sha256, contract, source, grants } = plugin;
            let grants = list(grants);
            statement.execute(params![name, kind, version, sha256, contract, source, grants])?;
        }
        Ok(())
    }

    /// Reads what [`write`](Self::write) wrote.
    pub(crate) fn read(connection: &Connection) -> Result<Self, RowError> {
        let run = "SELECT id, started, points FROM run";
        let (id, started, points): (_, _, String) =
            connection.query_row(run, [], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
        let sql = "SELECT name, kind, version, sha256, contract, source, grants FROM plugin \
                   ORDER BY rowid";
        let mut statement = connection.prepare(sql)?;
        let mut rows = statement.query([])?;
        let mut plugins = Vec::new();
        while let Some(row) = rows.next()? {
            plugins.push(read_plugin(row)?);
        }
        Ok(Self { id, started, points: serde_json::from_str(&points)?, plugins })
    }
}

fn read_plugin(row: &Row<'_>) -> Result<RunPlugin, RowError> {
    Ok(RunPlugin {
        name: row.get(0)?,
        kind: row.get(1)?,
        version: row.get(2)?,
        sha256: row.get(3)?,
        contract: row.get(4)?,
        source: row.get(5)?,
        grants: serde_json::from_str(&row.get::<_, String>(6)?)?,
    })
}

/// Texts as a JSON list.
pub(crate) fn list(texts: &[String]) -> String {
    serde_json::json!(texts).to_string()
}
