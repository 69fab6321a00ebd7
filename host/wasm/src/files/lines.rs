//! An index of a file's lines. It holds the position of every 64th: a hundred million lines take
//! 12 MB, and a batch that starts at such a line is read without searching.

use loadwright_core::stop::StopFlag;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;

/// Lines between two positions of the index.
const STRIDE: u32 = 64;

/// Bytes read at once when indexing.
const BLOCK: usize = 1 << 18;

/// Bytes read at once for lines: a batch is seldom longer, and any excess is wasted.
const STEP: usize = 1 << 15;

/// The index of one file.
pub(crate) struct Lines {
    /// Positions of lines 0, 64, 128…
    positions: Vec<u64>,
}

/// Why lines could not be read.
#[derive(Debug)]
pub(crate) enum ReadError {
    Io(io::Error),
    /// A line is longer than allowed.
    TooLong {
        line: u32,
    },
}

impl Lines {
    /// Reads the whole file; fails if `stop` is raised meanwhile.
    pub(crate) fn index(file: &File, stop: &StopFlag) -> io::Result<Self> {
        let mut positions = vec![0];
        let mut block = vec![0; BLOCK];
        let (mut at, mut ended) = (0u64, 0u64);
        loop {
            if stop.is_raised() {
                return Err(io::Error::other("the run was stopped"));
            }
            let read = file.read_at(&mut block, at)?;
            if read == 0 {
                return Ok(Self { positions });
            }
            for end in memchr::memchr_iter(b'\n', &block[..read]) {
                ended += 1;
                if ended.is_multiple_of(u64::from(STRIDE)) {
                    positions.push(at + end as u64 + 1);
                }
            }
            at += read as u64;
        }
    }

    /// Lines `first .. first + count` without `\n` or `\r\n`: as many as fit in `most` bytes, and at
    /// least one; empty at the end of the file.
    pub(crate) fn read(
        &self,
        file: &File,
        first: u32,
        count: u32,
        most: u64,
    ) -> Result<Vec<Vec<u8>>, ReadError> {
        let Some(&at) = self.positions.get((first / STRIDE) as usize) else {
            return Ok(Vec::new());
        };
        let mut reader = Reader { file, at, block: Vec::new(), used: 0 };
        for _ in 0..first % STRIDE {
            if !reader.skip().map_err(ReadError::Io)? {
                return Ok(Vec::new());
            }
        }
        let mut lines = Vec::new();
        let mut left = most;
        while lines.len() < count as usize {
            let mut line = Vec::new();
            let found = reader.line(&mut line, left).map_err(ReadError::Io)?;
            match (found, left.checked_sub(line.len() as u64)) {
                (Found::End, _) => break,
                (Found::Line, Some(rest)) => left = rest,
                _ if lines.is_empty() => return Err(ReadError::TooLong { line: first }),
                _ => break,
            }
            if line.last() == Some(&b'\r') {
                line.pop();
            }
            lines.push(line);
        }
        Ok(lines)
    }
}

enum Found {
    Line,
    End,
    TooLong,
}

/// Reads a file line by line, in blocks.
struct Reader<'a> {
    file: &'a File,
    /// Position of the next block.
    at: u64,
    block: Vec<u8>,
    /// Bytes of the block that were consumed.
    used: usize,
}

impl Reader<'_> {
    /// The rest of the block, or the next block if it is used up; empty at the end of the file.
    fn rest(&mut self) -> io::Result<&[u8]> {
        if self.used == self.block.len() {
            self.block.resize(STEP, 0);
            let read = self.file.read_at(&mut self.block, self.at)?;
            self.block.truncate(read);
            self.at += read as u64;
            self.used = 0;
        }
        Ok(&self.block[self.used..])
    }

    /// The next line without its `\n`. The last line needs no `\n`; nothing after the last `\n` is
    /// not a line.
    fn line(&mut self, line: &mut Vec<u8>, most: u64) -> io::Result<Found> {
        let mut any = false;
        loop {
            let rest = self.rest()?;
            if rest.is_empty() {
                return Ok(if any { Found::Line } else { Found::End });
            }
            any = true;
            let end = memchr::memchr(b'\n', rest);
            line.extend_from_slice(&rest[..end.unwrap_or(rest.len())]);
            self.used += end.map_or(rest.len(), |end| end + 1);
            if end.is_some() {
                return Ok(Found::Line);
            }
            if line.len() as u64 > most {
                return Ok(Found::TooLong);
            }
        }
    }

    /// Skips a line; false at the end of the file.
    fn skip(&mut self) -> io::Result<bool> {
        let mut any = false;
        loop {
            let rest = self.rest()?;
            if rest.is_empty() {
                return Ok(any);
            }
            any = true;
            let end = memchr::memchr(b'\n', rest);
            self.used += end.map_or(rest.len(), |end| end + 1);
            if end.is_some() {
                return Ok(true);
            }
        }
    }
}
