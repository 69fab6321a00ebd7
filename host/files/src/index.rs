//! An index of a file's rows: its lines, or the elements of an array in a JSON document. It is built
//! by reading the file once, and holds the position of a row every 32 KiB: 12 MB for a file of
//! 25 GB, and no row is further than that from a known one.

use crate::cursor::{Cursor, ReadAt, Stopped};
use crate::pointer;
use crate::rows_error::RowsError;

/// Bytes between two positions of the index.
const STRIDE: u64 = 1 << 15;

/// Bytes read at once when indexing.
const BLOCK: usize = 1 << 18;

/// Bytes read at once for rows: a batch is seldom longer, and any excess is wasted.
const STEP: usize = 1 << 15;

/// What a row costs beside its bytes: a file of empty lines must not fill the memory.
const ROW: u64 = 16;

/// What separates rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Format {
    /// Every line is a row.
    Lines,
    /// Every line that is not blank is a row, without the blanks before it.
    FilledLines,
    /// Elements of an array; `whole`: nothing follows it.
    Array { whole: bool },
}

/// The index of one file, or of one array in it.
#[derive(Debug)]
pub struct RowIndex {
    format: Format,
    /// Numbers and positions of rows.
    known: Vec<(u64, u64)>,
    count: u64,
}

impl RowIndex {
    /// An index of all lines.
    ///
    /// # Errors
    /// The file cannot be read; the caller asked to stop.
    pub fn lines(source: &(impl ReadAt + ?Sized), stopped: Stopped<'_>) -> Result<Self, RowsError> {
        Self::build(Cursor::new(source, 0, BLOCK, stopped), Format::Lines)
    }

    /// An index of the lines that are not blank.
    ///
    /// # Errors
    /// As for [`lines`](Self::lines).
    pub fn filled_lines(
        source: &(impl ReadAt + ?Sized),
        stopped: Stopped<'_>,
    ) -> Result<Self, RowsError> {
        Self::build(Cursor::new(source, 0, BLOCK, stopped), Format::FilledLines)
    }

    /// An index of the array's elements. What is within them is not checked, and neither is what
    /// follows an array that is not the whole document.
    ///
    /// # Errors
    /// As for [`lines`](Self::lines); there is no such array, or it is damaged.
    pub fn array(
        source: &(impl ReadAt + ?Sized),
        pointer: &str,
        stopped: Stopped<'_>,
    ) -> Result<Self, RowsError> {
        let mut cursor = Cursor::new(source, 0, BLOCK, stopped);
        pointer::enter_array(&mut cursor, pointer)?;
        Self::build(cursor, Format::Array { whole: pointer.is_empty() })
    }

    /// Rows in all.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// Rows `first .. first + count`: as many as fit `most` bytes, and at least one; empty at the
    /// end. `source` is what was indexed.
    ///
    /// # Errors
    /// As for [`lines`](Self::lines); the first row is longer than `most`.
    pub fn read(
        &self,
        source: &(impl ReadAt + ?Sized),
        rows: std::ops::Range<u64>,
        most: u64,
        stopped: Stopped<'_>,
    ) -> Result<Vec<Vec<u8>>, RowsError> {
        let (first, end) = (rows.start, rows.end.min(self.count));
        let before = self.known.partition_point(|(row, _)| *row <= first).checked_sub(1);
        let Some((mut row, at)) = before.map(|before| self.known[before]) else {
            return Ok(Vec::new());
        };
        let mut cursor = Cursor::new(source, at, STEP, stopped);
        let mut found = Vec::new();
        let mut left = most;
        // The index begins behind what separates a row from the one before.
        let mut begun = self.format.begin(&mut cursor, true)?;
        while row < end && begun {
            if row >= first {
                cursor.keep(left);
            }
            self.format.pass(&mut cursor)?;
            if row >= first {
                match cursor.kept() {
                    Some(bytes) => {
                        left = left.saturating_sub(bytes.len() as u64 + ROW);
                        found.push(self.format.trimmed(bytes));
                    }
                    None if found.is_empty() => return Err(RowsError::TooLong { row }),
                    None => break,
                }
            }
            row += 1;
            begun = row < end && left > 0 && self.format.begin(&mut cursor, false)?;
        }
        Ok(found)
    }

    fn build<S: ReadAt + ?Sized>(
        mut cursor: Cursor<'_, S>,
        format: Format,
    ) -> Result<Self, RowsError> {
        let mut index = Self { format, known: Vec::new(), count: 0 };
        let mut next = 0;
        while format.begin(&mut cursor, index.count == 0)? {
            let at = cursor.position();
            if at >= next {
                index.known.push((index.count, at));
                next = at + STRIDE;
            }
            format.pass(&mut cursor)?;
            index.count += 1;
        }
        Ok(index)
    }
}

impl Format {
    /// Leads the cursor to the next row; false: there is none. `first`: no row was passed.
    fn begin<S: ReadAt + ?Sized>(
        self,
        cursor: &mut Cursor<'_, S>,
        first: bool,
    ) -> Result<bool, RowsError> {
        let whole = match self {
            Self::Lines => return Ok(cursor.peek()?.is_some()),
            Self::FilledLines => {
                cursor.blanks()?;
                return Ok(cursor.peek()?.is_some());
            }
            Self::Array { whole } => whole,
        };
        cursor.blanks()?;
        let ended = match first {
            true => cursor.peek()? == Some(b']'),
            false => cursor.mark(b",]", "`,` or `]`")? == b']',
        };
        if !ended {
            cursor.blanks()?;
            return Ok(true);
        }
        if whole {
            cursor.pass(usize::from(first));
            cursor.blanks()?;
            if let Some(found) = cursor.peek()? {
                return Err(cursor.unexpected(Some(found), "the end of the file"));
            }
        }
        Ok(false)
    }

    /// Passes the row at the cursor.
    fn pass<S: ReadAt + ?Sized>(self, cursor: &mut Cursor<'_, S>) -> Result<(), RowsError> {
        match self {
            Self::Lines | Self::FilledLines => cursor.line(),
            Self::Array { .. } => cursor.value(),
        }
    }

    /// A row without its line end.
    fn trimmed(self, mut row: Vec<u8>) -> Vec<u8> {
        if !matches!(self, Self::Array { .. }) {
            row.pop_if(|last| *last == b'\n');
            row.pop_if(|last| *last == b'\r');
        }
        row
    }
}

#[cfg(test)]
mod tests;
