//! One column: the levels and values of one row at a time.

use super::pages::{Gauge, Pages};
use super::schema;
use parquet::column::reader::{ColumnReader, get_column_reader};
use parquet::data_type::ByteArray;
use parquet::errors::{ParquetError, Result};
use parquet::record::Field;
use parquet::schema::types::ColumnDescPtr;
use std::sync::Arc;

/// A value.
#[derive(Clone)]
pub(super) enum Cell {
    /// A number, a date and the like.
    Plain(Field),
    Text(ByteArray),
    Binary(ByteArray),
}

/// Reads a column row by row.
pub(super) struct Column {
    about: ColumnDescPtr,
    reader: ColumnReader,
    pub(super) gauge: Arc<Gauge>,
    definitions: Vec<i16>,
    repetitions: Vec<i16>,
    cells: Vec<Cell>,
    /// Levels of the row that was read.
    levels: usize,
    /// How many of its levels and cells were passed.
    passed: usize,
    taken: usize,
}

/// Reads values of one type, and makes cells of them.
macro_rules! read {
    ($column:ident, $reader:ident, $make:expr) => {{
        let mut values = Vec::new();
        let (definitions, repetitions) = (&mut $column.definitions, &mut $column.repetitions);
        let read = $reader.read_records(1, Some(definitions), Some(repetitions), &mut values)?;
        let about = &$column.about;
        let cells: Result<Vec<Cell>> =
            values.into_iter().map(|value| ($make)(about, value)).collect();
        (read, cells?)
    }};
}

/// Calls the same method of the reader of any type.
macro_rules! skip {
    ($reader:expr, $count:expr, $($kind:ident),*) => {
        match $reader { $(ColumnReader::$kind(reader) => reader.skip_records($count),)* }
    };
}

impl Column {
    pub(super) fn new(about: ColumnDescPtr, pages: Pages, gauge: Arc<Gauge>) -> Self {
        Self {
            reader: get_column_reader(Arc::clone(&about), Box::new(pages)),
            about,
            gauge,
            definitions: Vec::new(),
            repetitions: Vec::new(),
            cells: Vec::new(),
            levels: 0,
            passed: 0,
            taken: 0,
        }
    }

    /// Passes rows.
    pub(super) fn skip(&mut self, rows: usize) -> Result<()> {
        self.gauge.begin_row();
        let skipped = skip!(
            &mut self.reader,
            rows,
            BoolColumnReader,
            Int32ColumnReader,
            Int64ColumnReader,
            Int96ColumnReader,
            FloatColumnReader,
            DoubleColumnReader,
            ByteArrayColumnReader,
            FixedLenByteArrayColumnReader
        )?;
        if skipped == rows { Ok(()) } else { Err(short()) }
    }

    /// Reads the next row.
    pub(super) fn load(&mut self) -> Result<()> {
        self.gauge.begin_row();
        self.definitions.clear();
        self.repetitions.clear();
        let (read, cells) = self.row()?;
        let (rows, _, levels) = read;
        if rows != 1 {
            return Err(short());
        }
        (self.levels, self.cells) = (levels, cells);
        self.rewind();
        Ok(())
    }

    /// Begins the row that was read once more.
    pub(super) fn rewind(&mut self) {
        (self.passed, self.taken) = (0, 0);
    }

    fn row(&mut self) -> Result<((usize, usize, usize), Vec<Cell>)> {
        let plain = |field| Ok(Cell::Plain(field));
        Ok(match &mut self.reader {
            ColumnReader::BoolColumnReader(reader) => {
                read!(self, reader, |about, value| plain(Field::convert_bool(about, value)))
            }
            ColumnReader::Int32ColumnReader(reader) => {
                read!(self, reader, |about, value| plain(Field::convert_int32(about, value)))
            }
            ColumnReader::Int64ColumnReader(reader) => {
                read!(self, reader, |about, value| plain(Field::convert_int64(about, value)))
            }
            ColumnReader::Int96ColumnReader(reader) => {
                read!(self, reader, |about, value| plain(Field::convert_int96(about, value)))
            }
            ColumnReader::FloatColumnReader(reader) => {
                read!(self, reader, |about, value| plain(Field::convert_float(about, value)))
            }
            ColumnReader::DoubleColumnReader(reader) => {
                read!(self, reader, |about, value| plain(Field::convert_double(about, value)))
            }
            ColumnReader::ByteArrayColumnReader(reader) => read!(self, reader, bytes),
            ColumnReader::FixedLenByteArrayColumnReader(reader) => {
                read!(self, reader, |about, value| bytes(about, ByteArray::from(value)))
            }
        })
    }

    /// The definition level of the next value of the row.
    pub(super) fn definition(&self) -> Result<i16> {
        if self.passed >= self.levels {
            return Err(ragged());
        }
        Ok(self.definitions.get(self.passed).copied().unwrap_or(self.about.max_def_level()))
    }

    /// The repetition level of the next value of the row; 0: there is none.
    pub(super) fn repetition(&self) -> i16 {
        self.repetitions.get(self.passed).copied().unwrap_or(0)
    }

    /// Whether the next level has no value.
    pub(super) fn is_null(&self) -> Result<bool> {
        Ok(self.definition()? != self.about.max_def_level())
    }

    /// Passes a level without a value.
    pub(super) fn pass(&mut self) -> Result<()> {
        if !self.is_null()? {
            return Err(ragged());
        }
        self.passed += 1;
        Ok(())
    }

    /// The next value of the row.
    pub(super) fn cell(&mut self) -> Result<Cell> {
        if self.is_null()? {
            return Err(ragged());
        }
        self.passed += 1;
        self.taken += 1;
        self.cells.get(self.taken - 1).cloned().ok_or_else(ragged)
    }
}

fn bytes(about: &ColumnDescPtr, value: ByteArray) -> Result<Cell> {
    let field = about.self_type();
    if schema::is_text(field) {
        Ok(Cell::Text(value))
    } else if schema::is_binary(field) {
        Ok(Cell::Binary(value))
    } else {
        Field::convert_byte_array(about, value).map(Cell::Plain)
    }
}

fn short() -> ParquetError {
    ParquetError::General("a column has fewer rows than its row group".into())
}

fn ragged() -> ParquetError {
    ParquetError::General("columns of one row do not fit each other".into())
}
