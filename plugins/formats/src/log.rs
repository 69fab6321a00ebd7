//! The log that `.wandb` and `.swanlab` files are: records in blocks of 32 KiB, in chunks that each
//! begin with a checksum, a length and a kind. What a record says is not its concern.

#[cfg(any(test, feature = "reader"))]
pub mod reader;
#[cfg(test)]
mod tests;

use prost::Message;

/// No chunk crosses the end of a block.
const BLOCK: usize = 32 * 1024;

/// Checksum, length and kind of a chunk.
const CHUNK_HEADER: usize = 7;

/// Records behind what a file has already.
#[derive(Debug)]
pub struct Log {
    /// Bytes of the file before `framed`.
    written: u64,
    framed: Vec<u8>,
}

impl Log {
    /// Of a new file, which begins with `header`; it is part of the first block.
    pub fn new(header: [u8; 7]) -> Self {
        Self { written: 0, framed: header.to_vec() }
    }

    /// Behind `written` bytes.
    pub fn behind(written: u64) -> Self {
        Self { written, framed: Vec::new() }
    }

    /// Adds a record.
    pub fn add(&mut self, record: &impl Message) {
        self.add_bytes(&record.encode_to_vec());
    }

    fn add_bytes(&mut self, mut record: &[u8]) {
        let mut first = true;
        loop {
            let room = self.room();
            let (part, rest) = record.split_at(record.len().min(room));
            self.chunk(kind(first, rest.is_empty()), part);
            if rest.is_empty() {
                return;
            }
            (record, first) = (rest, false);
        }
    }

    /// The size of the file with all records.
    pub fn size(&self) -> u64 {
        self.written + self.framed.len() as u64
    }

    /// What is to be appended to the file.
    pub fn bytes(self) -> Vec<u8> {
        self.framed
    }

    /// Bytes of a record that fit the block; pads one that has no room for a chunk's header.
    fn room(&mut self) -> usize {
        // Below BLOCK, so it fits.
        let left = BLOCK - (self.size() % BLOCK as u64) as usize;
        if left >= CHUNK_HEADER {
            return left - CHUNK_HEADER;
        }
        self.framed.resize(self.framed.len() + left, 0);
        BLOCK - CHUNK_HEADER
    }

    fn chunk(&mut self, kind: u8, part: &[u8]) {
        let mut checksum = crc32fast::Hasher::new();
        checksum.update(&[kind]);
        checksum.update(part);
        self.framed.extend_from_slice(&checksum.finalize().to_le_bytes());
        // Below BLOCK, so it fits.
        self.framed.extend_from_slice(&(part.len() as u16).to_le_bytes());
        self.framed.push(kind);
        self.framed.extend_from_slice(part);
    }
}

fn kind(first: bool, last: bool) -> u8 {
    match (first, last) {
        (true, true) => 1,
        (true, false) => 2,
        (false, false) => 3,
        (false, true) => 4,
    }
}
