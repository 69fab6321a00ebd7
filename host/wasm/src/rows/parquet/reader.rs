//! Reads some columns of one row group, row by row.

use super::assemble::{Assembly, RowError};
use super::column::{Cell, Column};
use super::pages::{Gauge, Pages};
use super::schema::Projection;
use loadwright_core::stop::StopFlag;
use parquet::errors::{ParquetError, Result};
use parquet::file::metadata::ParquetMetaData;
use std::fs::File;
use std::sync::Arc;

/// Columns of one row group, at one row.
pub(super) struct Reader {
    group: usize,
    /// Rows of the group that were passed.
    row: u64,
    /// The next row is in memory already: it did not fit when it was read.
    loaded: bool,
    numbers: Vec<usize>,
    columns: Vec<Column>,
}

impl Reader {
    pub(super) fn new(
        file: &Arc<File>,
        metadata: &ParquetMetaData,
        group: usize,
        numbers: &[usize],
        stop: &StopFlag,
    ) -> Result<Self> {
        let chunks = metadata.row_group(group).columns();
        let open = |number: &usize| {
            let (chunk, gauge) = (&chunks[*number], Arc::new(Gauge::default()));
            let pages = Pages::new(file, chunk, &gauge, stop)?;
            Ok(Column::new(chunk.column_descr_ptr(), pages, gauge))
        };
        let columns = numbers.iter().map(open).collect::<Result<_>>()?;
        Ok(Self { group, row: 0, loaded: false, numbers: numbers.to_vec(), columns })
    }

    /// Whether it reads these columns, at this row of the group or before it.
    pub(super) fn is_before(&self, group: usize, row: u64, numbers: &[usize]) -> bool {
        self.group == group && self.row <= row && self.numbers == numbers
    }

    /// Rows of the group that were passed.
    pub(super) fn row_in_group(&self) -> u64 {
        self.row
    }

    /// Bytes that it holds.
    pub(super) fn held(&self) -> u64 {
        self.columns.iter().map(|column| column.gauge.held()).sum()
    }

    /// Passes the rows before `row` of the group.
    pub(super) fn skip_to(&mut self, row: u64) -> Result<()> {
        let mut count = usize::try_from(row - self.row)
            .map_err(|_| ParquetError::General("a row group is too large".into()))?;
        if count > 0 && std::mem::take(&mut self.loaded) {
            count -= 1;
        }
        if count > 0 {
            self.columns.iter_mut().try_for_each(|column| column.skip(count))?;
        }
        self.row = row;
        Ok(())
    }

    /// The next row as JSON, `most` bytes at most. One that is longer is not passed.
    pub(super) fn row(
        &mut self,
        projection: &Projection,
        most: u64,
    ) -> std::result::Result<Vec<u8>, RowError> {
        self.load()?;
        let most = usize::try_from(most).unwrap_or(usize::MAX);
        let mut assembly = Assembly { columns: &mut self.columns, text: Vec::new(), most };
        assembly.object(&projection.members)?;
        let text = assembly.text;
        self.pass();
        Ok(text)
    }

    /// The next cell of its only column; none: it is null.
    pub(super) fn cell(&mut self) -> Result<Option<Cell>> {
        self.load()?;
        let Some(column) = self.columns.first_mut() else { return Ok(None) };
        let cell = if column.is_null()? { None } else { Some(column.cell()?) };
        self.pass();
        Ok(cell)
    }

    fn load(&mut self) -> Result<()> {
        if self.loaded {
            self.columns.iter_mut().for_each(Column::rewind);
        } else {
            self.columns.iter_mut().try_for_each(Column::load)?;
            self.loaded = true;
        }
        Ok(())
    }

    fn pass(&mut self) {
        self.loaded = false;
        self.row += 1;
    }
}
