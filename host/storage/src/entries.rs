//! Records and samples in the stored order.

use crate::frames;
use crate::rows::{self, RowError};
use loadwright_core::ports::{Entry, EntryKind};
use rusqlite::{Connection, Row, Rows};
use std::ops::{ControlFlow, Range};
use std::sync::Arc;

/// Gives `take` the records and samples whose ids are in `ids`, by id, until it breaks.
///
/// # Errors
/// The file cannot be read, or holds what it should not.
pub(crate) fn each(
    connection: &Connection,
    ids: Range<i64>,
    mut take: impl FnMut(Entry) -> ControlFlow<()>,
) -> Result<(), RowError> {
    // One transaction: records and samples of a run that goes on are of the same moment.
    let transaction = connection.unchecked_transaction()?;
    {
        let range = "id >= ? AND id < ? ORDER BY id";
        let mut requests = connection.prepare_cached(&format!(
            "SELECT {}, encoded FROM request LEFT JOIN frame ON request = id WHERE {range}",
            rows::REQUEST
        ))?;
        let mut samples = connection
            .prepare_cached(&format!("SELECT {} FROM sample WHERE {range}", rows::SAMPLE))?;
        let mut requests = Cursor::new(requests.query([ids.start, ids.end])?, read_request)?;
        let mut samples = Cursor::new(samples.query([ids.start, ids.end])?, read_sample)?;
        while let Some(entry) = earlier(&mut requests, &mut samples).take()? {
            if take(entry).is_break() {
                break;
            }
        }
    }
    Ok(transaction.finish()?)
}

/// The cursor whose next entry has the lower id; an entry that is not there comes last.
fn earlier<'c, 's>(
    requests: &'c mut Cursor<'s>,
    samples: &'c mut Cursor<'s>,
) -> &'c mut Cursor<'s> {
    let id = |cursor: &Cursor<'_>| cursor.next.as_ref().map_or(u64::MAX, |entry| entry.id);
    if id(samples) < id(requests) { samples } else { requests }
}

fn read_request(row: &Row<'_>) -> Result<EntryKind, RowError> {
    let encoded = row.get_ref("encoded")?.as_blob_or_null().map_err(rusqlite::Error::from)?;
    let record = rows::read_record(row, frames::decode(encoded.unwrap_or_default())?)?;
    Ok(EntryKind::Record(Arc::new(record)))
}

fn read_sample(row: &Row<'_>) -> Result<EntryKind, RowError> {
    rows::read_sample(row).map(EntryKind::Sample)
}

/// Rows of one table, the next one read already.
struct Cursor<'s> {
    rows: Rows<'s>,
    read: fn(&Row<'_>) -> Result<EntryKind, RowError>,
    next: Option<Entry>,
}

impl<'s> Cursor<'s> {
    fn new(
        rows: Rows<'s>,
        read: fn(&Row<'_>) -> Result<EntryKind, RowError>,
    ) -> Result<Self, RowError> {
        let mut cursor = Self { rows, read, next: None };
        cursor.take()?;
        Ok(cursor)
    }

    fn take(&mut self) -> Result<Option<Entry>, RowError> {
        let next = match self.rows.next()? {
            Some(row) => Some(Entry {
                id: row.get::<_, i64>("id")?.cast_unsigned(),
                point: row.get("point")?,
                kind: (self.read)(row)?,
            }),
            None => None,
        };
        Ok(std::mem::replace(&mut self.next, next))
    }
}
