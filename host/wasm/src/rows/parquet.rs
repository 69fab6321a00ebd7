//! Rows and binary cells of a Parquet file. Rows are read in order at the cost of their pages: readers
//! are kept where they stopped, and rows between are passed page by page.

mod assemble;
mod column;
mod delta;
mod footer;
mod header;
mod pages;
mod pool;
mod reader;
mod schema;
mod thrift;

use super::{Wanted, too_long};
use assemble::RowError;
use column::Cell;
use loadwright_core::stop::StopFlag;
use parquet::file::metadata::ParquetMetaData;
use pool::Pool;
use reader::Reader;
use schema::Projection;
use std::any::Any;
use std::fs::File;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

/// What a row costs beside its text.
const ROW: u64 = 16;

/// A Parquet file.
pub(crate) struct Table {
    file: Arc<File>,
    metadata: ParquetMetaData,
    /// The number of the row behind each row group.
    ends: Vec<u64>,
    pool: Pool,
}

impl Table {
    pub(crate) fn open(file: Arc<File>, stop: &StopFlag) -> Result<Self, String> {
        if stop.is_raised() {
            return Err("was not read: the run was stopped".into());
        }
        let size = file.metadata().map_err(|error| format!("cannot be read: {error}"))?.len();
        let metadata = contained(|| footer::read(&file, size))?;
        let mut end = 0u64;
        let ends = metadata.row_groups().iter().map(|group| {
            end = end.saturating_add(group.num_rows().unsigned_abs());
            end
        });
        Ok(Self { ends: ends.collect(), file, metadata, pool: Pool::default() })
    }

    pub(crate) fn count(&self) -> u64 {
        self.ends.last().copied().unwrap_or(0)
    }

    pub(crate) fn read(
        &self,
        wanted: &Wanted<'_>,
        stop: &StopFlag,
    ) -> Result<Vec<Vec<u8>>, String> {
        contained(|| {
            let schema = self.metadata.file_metadata().schema_descr();
            let projection = schema::project(schema, wanted.columns)?;
            self.rows(&projection, wanted, stop)
        })
    }

    fn rows(
        &self,
        projection: &Projection,
        wanted: &Wanted<'_>,
        stop: &StopFlag,
    ) -> Result<Vec<Vec<u8>>, String> {
        let first = u64::from(wanted.first);
        let end = (first + u64::from(wanted.count)).min(self.count());
        let (mut rows, mut left) = (Vec::new(), wanted.most);
        let mut reader = None;
        for row in first..end {
            let found = self.reader_at(reader.take(), row, &projection.columns, stop);
            let made = found.map_err(RowError::Parquet).and_then(|mut found| {
                let made = found.row(projection, left);
                reader = Some(found);
                made
            });
            match made {
                Ok(text) => {
                    left = left.saturating_sub(text.len() as u64 + ROW);
                    rows.push(text);
                }
                Err(RowError::Parquet(error)) if rows.is_empty() => {
                    return Err(unreadable(row, &error));
                }
                Err(RowError::TooLong) if rows.is_empty() => {
                    self.pool.put(reader);
                    return Err(too_long(row, wanted.most));
                }
                Err(RowError::TooLong) => break,
                // It is told when that row is the first that is asked for.
                Err(RowError::Parquet(_)) => return Ok(rows),
            }
            if left == 0 {
                break;
            }
        }
        self.pool.put(reader);
        Ok(rows)
    }

    pub(crate) fn cell(
        &self,
        row: u32,
        column: &str,
        most: u64,
        stop: &StopFlag,
    ) -> Result<Vec<u8>, String> {
        contained(|| {
            let column = self.binary(column)?;
            let row = u64::from(row);
            if row >= self.count() {
                return Err(format!("has no row {}: it has {}", row + 1, self.count()));
            }
            let read = self.reader_at(None, row, &[column], stop).and_then(|mut reader| {
                let cell = reader.cell()?;
                Ok((reader, cell))
            });
            let (reader, cell) = read.map_err(|error| unreadable(row, &error))?;
            let bytes = match cell {
                Some(Cell::Binary(bytes)) => bytes.data().to_vec(),
                _ => return Err(format!("has no value in that column at row {}", row + 1)),
            };
            self.pool.put(Some(reader));
            match bytes.len() as u64 > most {
                true => Err(format!(
                    "has a cell of {} bytes at row {}; {most} at most are read",
                    bytes.len(),
                    row + 1
                )),
                false => Ok(bytes),
            }
        })
    }

    /// The number of a binary column, given by its path, e.g. `image.bytes`.
    fn binary(&self, path: &str) -> Result<usize, String> {
        let columns = self.metadata.file_metadata().schema_descr().columns();
        let usable = |column: &parquet::schema::types::ColumnDescriptor| {
            column.max_rep_level() == 0 && schema::is_binary(column.self_type())
        };
        let found = columns.iter().position(|column| column.path().string() == path);
        found.filter(|found| usable(&columns[*found])).ok_or_else(|| {
            let known = columns.iter().filter(|column| usable(column));
            let known: Vec<_> =
                known.map(|column| format!("`{}`", column.path().string())).collect();
            let known = if known.is_empty() { "none".into() } else { known.join(", ") };
            format!("has no binary column `{path}`; it has {known}")
        })
    }

    /// A reader of these columns at `row`: `reader`, if it is there, or one of the pool.
    fn reader_at(
        &self,
        reader: Option<Reader>,
        row: u64,
        columns: &[usize],
        stop: &StopFlag,
    ) -> parquet::errors::Result<Reader> {
        let group = self.ends.partition_point(|end| *end <= row);
        let start = group.checked_sub(1).map_or(0, |before| self.ends[before]);
        let fits = |reader: &Reader| reader.is_before(group, row - start, columns);
        let mut reader = match reader.filter(fits).or_else(|| self.pool.take(fits)) {
            Some(reader) => reader,
            None => Reader::new(&self.file, &self.metadata, group, columns, stop)?,
        };
        reader.skip_to(row - start)?;
        Ok(reader)
    }
}

fn unreadable(row: u64, error: &parquet::errors::ParquetError) -> String {
    format!("is not readable at row {}: {error}", row + 1)
}

/// Does `work` with the library, which ends in a panic on some damaged files.
fn contained<T>(work: impl FnOnce() -> Result<T, String>) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|panic| {
        Err(format!("is damaged: the Parquet library failed on it ({})", text(&*panic)))
    })
}

fn text(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("no reason given")
}

#[cfg(test)]
mod tests;
