//! Where lines are in a file: every 64th, so that a hundred million lines take 12 MB, and a batch
//! that starts at such a line is read without looking for it.

use loadwright_core::stop::StopFlag;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;

/// Lines between two marks.
const STRIDE: u32 = 64;

/// Bytes read at once for the index.
const BLOCK: usize = 1 << 18;

/// Bytes read at once for lines: a batch is seldom more, and what is read too much is thrown away.
const STEP: usize = 1 << 15;

/// Marks into a file.
pub(crate) struct Lines {
    /// Where line 0, 64, 128… begins.
    marks: Vec<u64>,
}

/// Why lines could not be read.
#[derive(Debug)]
pub(crate) enum ReadError {
    Io(io::Error),
    /// One line has more bytes than may be handed over.
    TooLong {
        line: u32,
    },
}

impl Lines {
    /// Reads the file once; gives up when `stop` is raised.
    pub(crate) fn index(file: &File, stop: &StopFlag) -> io::Result<Self> {
        let mut marks = vec![0];
        let mut block = vec![0; BLOCK];
        let (mut at, mut ended) = (0u64, 0u64);
        loop {
            if stop.is_raised() {
                return Err(io::Error::other("the run was stopped"));
            }
            let read = file.read_at(&mut block, at)?;
            if read == 0 {
                return Ok(Self { marks });
            }
            for end in memchr::memchr_iter(b'\n', &block[..read]) {
                ended += 1;
                if ended.is_multiple_of(u64::from(STRIDE)) {
                    marks.push(at + end as u64 + 1);
                }
            }
            at += read as u64;
        }
    }

    /// Lines `first .. first + count` without `\n` or `\r\n`: as many as fit `most` bytes, and at
    /// least one; none at the end of the file.
    pub(crate) fn read(
        &self,
        file: &File,
        first: u32,
        count: u32,
        most: u64,
    ) -> Result<Vec<Vec<u8>>, ReadError> {
        let Some(&mark) = self.marks.get((first / STRIDE) as usize) else {
            return Ok(Vec::new());
        };
        let mut reader = Reader { file, at: mark, block: Vec::new(), used: 0 };
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

/// Goes through a file line by line, in blocks.
struct Reader<'a> {
    file: &'a File,
    /// Where the next block is read.
    at: u64,
    block: Vec<u8>,
    /// How much of the block is behind.
    used: usize,
}

impl Reader<'_> {
    /// The rest of the block, another one if it is used up; empty at the end of the file.
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

    /// The next line without its `\n`. A last line needs no end; an empty one after the last end
    /// is none.
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

    /// Passes over a line; false at the end of the file.
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
