//! A position in a file that is read in blocks: what it passes can be kept, up to a bound.

use crate::rows_error::RowsError;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;

/// Whether the caller asked to stop; asked once a block.
pub type Stopped<'a> = &'a (dyn Fn() -> bool + Sync);

/// Bytes at positions.
pub trait ReadAt {
    /// Bytes from `at` into `buffer`; 0: the end.
    ///
    /// # Errors
    /// They cannot be read.
    fn read_at(&self, buffer: &mut [u8], at: u64) -> io::Result<usize>;
}

impl ReadAt for File {
    fn read_at(&self, buffer: &mut [u8], at: u64) -> io::Result<usize> {
        FileExt::read_at(self, buffer, at)
    }
}

impl ReadAt for [u8] {
    fn read_at(&self, buffer: &mut [u8], at: u64) -> io::Result<usize> {
        let rest = usize::try_from(at).ok().and_then(|at| self.get(at..)).unwrap_or_default();
        let count = rest.len().min(buffer.len());
        buffer[..count].copy_from_slice(&rest[..count]);
        Ok(count)
    }
}

/// A position, and the block around it.
pub(crate) struct Cursor<'a, S: ?Sized> {
    source: &'a S,
    stopped: Stopped<'a>,
    /// Bytes read at once.
    step: usize,
    block: Vec<u8>,
    /// Position of the block.
    base: u64,
    /// Bytes of the block that were passed.
    used: usize,
    kept: Option<Kept>,
}

/// What was passed since [`Cursor::keep`].
struct Kept {
    bytes: Vec<u8>,
    most: u64,
    /// There were more than `most`.
    over: bool,
}

impl<'a, S: ReadAt + ?Sized> Cursor<'a, S> {
    pub(crate) fn new(source: &'a S, at: u64, step: usize, stopped: Stopped<'a>) -> Self {
        Self { source, stopped, step, block: Vec::new(), base: at, used: 0, kept: None }
    }

    pub(crate) fn position(&self) -> u64 {
        self.base + self.used as u64
    }

    /// The rest of the block, or the next block if it is used up; empty at the end of the file.
    pub(crate) fn rest(&mut self) -> Result<&[u8], RowsError> {
        if self.used == self.block.len() {
            if (self.stopped)() {
                return Err(RowsError::Stopped);
            }
            self.base += self.block.len() as u64;
            self.used = 0;
            self.block.resize(self.step, 0);
            let read = self.source.read_at(&mut self.block, self.base);
            self.block.truncate(*read.as_ref().unwrap_or(&0));
            read?;
        }
        Ok(&self.block[self.used..])
    }

    /// Passes `count` bytes of [`rest`](Self::rest).
    pub(crate) fn pass(&mut self, count: usize) {
        let end = self.used + count;
        if let Some(kept) = self.kept.as_mut().filter(|kept| !kept.over) {
            if (kept.bytes.len() + count) as u64 > kept.most {
                (kept.over, kept.bytes) = (true, Vec::new());
            } else {
                kept.bytes.extend_from_slice(&self.block[self.used..end]);
            }
        }
        self.used = end;
    }

    /// The next byte; none at the end of the file.
    pub(crate) fn peek(&mut self) -> Result<Option<u8>, RowsError> {
        Ok(self.rest()?.first().copied())
    }

    /// Passes blanks (space, tab, line ends).
    pub(crate) fn blanks(&mut self) -> Result<(), RowsError> {
        loop {
            let rest = self.rest()?;
            let blank = |byte: &u8| matches!(byte, b' ' | b'\t' | b'\r' | b'\n');
            let count = rest.iter().position(|byte| !blank(byte)).unwrap_or(rest.len());
            let ended = count < rest.len() || rest.is_empty();
            self.pass(count);
            if ended {
                return Ok(());
            }
        }
    }

    /// Passes a line and its `\n`; the last line needs none.
    pub(crate) fn line(&mut self) -> Result<(), RowsError> {
        loop {
            let rest = self.rest()?;
            let (end, length) = (memchr::memchr(b'\n', rest), rest.len());
            self.pass(end.map_or(length, |end| end + 1));
            if end.is_some() || length == 0 {
                return Ok(());
            }
        }
    }

    /// Begins to keep what is passed, `most` bytes of it.
    pub(crate) fn keep(&mut self, most: u64) {
        self.kept = Some(Kept { bytes: Vec::new(), most, over: false });
    }

    /// What was kept; none: it was more than that.
    pub(crate) fn kept(&mut self) -> Option<Vec<u8>> {
        self.kept.take().filter(|kept| !kept.over).map(|kept| kept.bytes)
    }
}
