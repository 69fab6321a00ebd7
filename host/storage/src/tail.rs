//! A run as exporters read it: what is stored behind a cursor, while the run goes on or later.

use crate::entries;
use crate::open::{OpenError, to_read};
use crate::rows::RowError;
use loadwright_core::ports::{Entry, EntryKind, RunSource, StoredPoint};
use loadwright_core::sample::PointEnd;
use rusqlite::{Connection, OptionalExtension as _};
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;

#[cfg(test)]
mod tests;

/// Frames that are read at once, beside those of one record: 8 MiB.
const FRAMES: usize = 262_144;

/// The largest id that a row can have.
const LAST: u64 = i64::MAX as u64;

/// A connection of its own to a file of records. It holds a transaction only during a call, so that
/// it does not keep the run that writes the file from reusing its log.
#[derive(Debug)]
pub struct Tail {
    connection: Connection,
}

impl Tail {
    /// Opens the file `path`.
    ///
    /// # Errors
    /// It is missing, something else, or of a version that cannot be read.
    pub fn open(path: &Path) -> Result<Self, OpenError> {
        Ok(Self { connection: to_read(path)? })
    }

    fn read_next(&self, cursor: u64, count: usize) -> Result<Vec<Entry>, RowError> {
        let (mut found, mut frames) = (Vec::new(), 0);
        if count == 0 || cursor >= LAST {
            return Ok(found);
        }
        entries::each(&self.connection, cursor.cast_signed() + 1..i64::MAX, |entry| {
            if let EntryKind::Record(record) = &entry.kind {
                frames += record.frames.len();
            }
            found.push(entry);
            if found.len() < count && frames < FRAMES {
                ControlFlow::Continue(())
            } else {
                ControlFlow::Break(())
            }
        })?;
        Ok(found)
    }

    fn read_point(&self, index: u32) -> Result<Option<StoredPoint>, RowError> {
        // Its ids end where those of the next point begin, those of the last one with the file.
        let sql = "SELECT plan, origin_ns, begun_ns, first_id, point_end, coalesce( \
                       (SELECT min(first_id) - 1 FROM point AS next \
                        WHERE (next.first_id, next.id) > (point.first_id, point.id)), \
                       max(ifnull((SELECT max(id) FROM request), 0), \
                           ifnull((SELECT max(id) FROM sample), 0))) AS last_id \
                   FROM point WHERE id = ?";
        let mut statement = self.connection.prepare_cached(sql)?;
        let found = statement.query_row([index], |row| Ok(stored_point(row)));
        found.optional()?.transpose()
    }
}

fn stored_point(row: &rusqlite::Row<'_>) -> Result<StoredPoint, RowError> {
    let point_end: Option<String> = row.get("point_end")?;
    let point_end: Option<PointEnd> =
        point_end.map(|json| serde_json::from_str(&json)).transpose()?;
    let last_id = row.get::<_, i64>("last_id")?.cast_unsigned();
    Ok(StoredPoint {
        plan: Arc::new(serde_json::from_str(&row.get::<_, String>("plan")?)?),
        wall_at_origin: row.get::<_, i64>("origin_ns")?.cast_unsigned(),
        begun: row.get::<_, i64>("begun_ns")?.cast_unsigned(),
        first_id: row.get::<_, i64>("first_id")?.cast_unsigned(),
        end: point_end.map(|point_end| (point_end, last_id)),
    })
}

impl RunSource for Tail {
    fn next(&mut self, cursor: u64, count: usize) -> Result<Vec<Entry>, String> {
        self.read_next(cursor, count).map_err(|error| error.to_string())
    }

    fn point(&mut self, index: u32) -> Result<Option<StoredPoint>, String> {
        self.read_point(index).map_err(|error| error.to_string())
    }

    fn records_behind(&mut self, cursor: u64) -> Result<u64, String> {
        let sql = "SELECT count(*) FROM request WHERE id > ?";
        let count =
            self.connection.query_row(sql, [cursor.min(LAST).cast_signed()], |row| row.get(0));
        count.map(i64::cast_unsigned).map_err(|error| error.to_string())
    }
}
