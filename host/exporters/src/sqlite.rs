//! An SQLite file among the artifacts: statements of one call are one transaction, bounded in time, in
//! the size of the file and in what they return.

mod rules;
mod values;

use crate::artifacts::Artifacts;
use crate::clock;
use crate::deadline::Deadline;
use loadwright_core::export::http::{Statement, Table};
use loadwright_core::ports::Fault;
use rusqlite::config::DbConfig;
use rusqlite::limits::Limit;
use rusqlite::{Connection, OpenFlags, params_from_iter};
use std::path::Path;
use std::time::Duration;

/// The longest call.
const LONGEST: Duration = Duration::from_secs(10);

/// Instructions of SQLite between two questions whether there is time left.
const INSTRUCTIONS: i32 = 10_000;

/// The most statements of a call, bytes of one, and bytes of a value.
const MOST_STATEMENTS: usize = 10_000;
const LONGEST_SQL: i32 = 1 << 20;
const LONGEST_VALUE: i32 = 16 << 20;

/// Executes statements on the file `name`.
pub(crate) fn execute(
    artifacts: &mut Artifacts,
    deadline: &Deadline,
    name: &str,
    statements: &[Statement],
) -> Result<Vec<Table>, Fault> {
    if statements.len() > MOST_STATEMENTS {
        return Err(Fault::Fatal(format!("more than {MOST_STATEMENTS} statements in one call")));
    }
    deadline.left().map_err(|over| Fault::Transient(over.to_string()))?;
    let (path, before) = artifacts.for_sqlite(name)?;
    let room = artifacts.left()?.saturating_add(before.unwrap_or(0));
    let done = transaction(&path, room, deadline, statements);
    if let Ok(about) = path.symlink_metadata() {
        artifacts.was_written(before, about.len());
    }
    done.map_err(|error| error.at(name))
}

fn transaction(
    path: &Path,
    room: u64,
    deadline: &Deadline,
    statements: &[Statement],
) -> Result<Vec<Table>, Failed> {
    let connection = open(path, room).map_err(Failed::Opening)?;
    limit_time(&connection, deadline.clone(), LONGEST);
    connection.execute_batch("BEGIN IMMEDIATE").map_err(Failed::Opening)?;
    connection.authorizer(Some(rules::authorize));
    let mut room = values::Room::default();
    let mut tables = Vec::new();
    for (index, statement) in statements.iter().enumerate() {
        let table = execute_one(&connection, statement, &mut room);
        tables.push(table.map_err(|cause| Failed::Statement { index, cause })?);
    }
    connection.authorizer(None::<fn(rusqlite::hooks::AuthContext<'_>) -> _>);
    connection.execute_batch("COMMIT").map_err(Failed::Ending)?;
    Ok(tables)
}

fn open(path: &Path, room: u64) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
        | OpenFlags::SQLITE_OPEN_CREATE
        | OpenFlags::SQLITE_OPEN_NO_MUTEX
        | OpenFlags::SQLITE_OPEN_NOFOLLOW;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(Duration::from_secs(1))?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false)?;
    connection.set_limit(Limit::SQLITE_LIMIT_ATTACHED, 0)?;
    connection.set_limit(Limit::SQLITE_LIMIT_LENGTH, LONGEST_VALUE)?;
    connection.set_limit(Limit::SQLITE_LIMIT_SQL_LENGTH, LONGEST_SQL)?;
    let page: u64 = connection.query_row("PRAGMA page_size", [], |row| row.get(0))?;
    let pages = (room / page.max(512)).clamp(1, u32::MAX.into());
    connection.query_row(&format!("PRAGMA max_page_count = {pages}"), [], |_| Ok(()))?;
    Ok(connection)
}

fn limit_time(connection: &Connection, deadline: Deadline, longest: Duration) {
    let start = clock::instant();
    let is_over =
        move || clock::instant().duration_since(start) > longest || deadline.left().is_err();
    connection.progress_handler(INSTRUCTIONS, Some(is_over));
}

fn execute_one(
    connection: &Connection,
    statement: &Statement,
    room: &mut values::Room,
) -> Result<Table, Cause> {
    let mut prepared = connection.prepare(&statement.sql)?;
    let parameters = statement.parameters.iter().map(values::to_sql).collect::<Result<Vec<_>, _>>();
    let columns = prepared.column_count();
    let mut rows = prepared.query(params_from_iter(parameters.map_err(Cause::Refused)?))?;
    let mut table = Table::new();
    while let Some(row) = rows.next()? {
        let values = (0..columns).map(|column| row.get_ref(column).map(values::from_sql));
        let values = values.collect::<Result<Vec<_>, _>>()?;
        room.take(&values).map_err(Cause::Refused)?;
        table.push(values);
    }
    Ok(table)
}

/// Why a statement failed.
#[derive(Debug, thiserror::Error)]
enum Cause {
    #[error("{0}")]
    Sqlite(#[from] rusqlite::Error),
    #[error("{0}")]
    Refused(String),
}

/// Where a call failed.
#[derive(Debug)]
enum Failed {
    Opening(rusqlite::Error),
    Statement { index: usize, cause: Cause },
    Ending(rusqlite::Error),
}

impl Failed {
    fn at(&self, name: &str) -> Fault {
        Fault::Fatal(match self {
            Self::Opening(error) => format!("SQLite file `{name}` cannot be used: {error}"),
            Self::Ending(error) => format!("SQLite file `{name}` cannot be written: {error}"),
            Self::Statement { index, cause } => {
                format!("SQLite file `{name}`, statement {}: {cause}", index + 1)
            }
        })
    }
}

#[cfg(test)]
mod tests;
