//! How records are framed in a `.swanlab` file: blocks of 32 KiB, and in them chunks that each begin
//! with a checksum, a length and a kind. What a record says is not its concern.

const BLOCK: usize = 32_768;
const CHUNK_HEADER: usize = 7;

/// `:SWL`, 0xE1D6 and version 2, which SwanLab reads since 0.8.
const FILE_HEADER: [u8; 7] = [b':', b'S', b'W', b'L', 0xD6, 0xE1, 2];

const FULL: u8 = 1;
const FIRST: u8 = 2;
const MIDDLE: u8 = 3;
const LAST: u8 = 4;

/// Frames records behind what was written before.
#[derive(Debug)]
pub(crate) struct Framing {
    /// Bytes of the file before `framed`.
    written: u64,
    framed: Vec<u8>,
}

impl Framing {
    /// Behind `written` bytes of a file; 0: the file is new.
    pub(crate) fn behind(written: u64) -> Self {
        let framed = if written == 0 { FILE_HEADER.to_vec() } else { Vec::new() };
        Self { written, framed }
    }

    /// Adds a record.
    pub(crate) fn add(&mut self, mut record: &[u8]) {
        let mut first = true;
        loop {
            let room = self.room();
            let (part, rest) = record.split_at(record.len().min(room));
            let kind = match (first, rest.is_empty()) {
                (true, true) => FULL,
                (true, false) => FIRST,
                (false, false) => MIDDLE,
                (false, true) => LAST,
            };
            self.chunk(kind, part);
            if rest.is_empty() {
                return;
            }
            (record, first) = (rest, false);
        }
    }

    /// What is to be appended to the file.
    pub(crate) fn bytes(self) -> Vec<u8> {
        self.framed
    }

    /// Bytes of a record that fit the block; pads one that has no room for a chunk's header.
    fn room(&mut self) -> usize {
        let at = ((self.written + self.framed.len() as u64) % BLOCK as u64) as usize;
        let left = BLOCK - at;
        if left >= CHUNK_HEADER {
            return left - CHUNK_HEADER;
        }
        self.framed.resize(self.framed.len() + left, 0);
        BLOCK - CHUNK_HEADER
    }

    fn chunk(&mut self, kind: u8, part: &[u8]) {
        let mut sum = crc32fast::Hasher::new();
        sum.update(&[kind]);
        sum.update(part);
        self.framed.extend_from_slice(&sum.finalize().to_le_bytes());
        self.framed.extend_from_slice(&(part.len() as u16).to_le_bytes());
        self.framed.push(kind);
        self.framed.extend_from_slice(part);
    }
}

#[cfg(test)]
pub(crate) mod tests;
