//! The framing of a `.wandb` file: chunks of a LevelDB log, with another header and checksum.

#[cfg(test)]
pub(crate) mod tests;

/// The first bytes of a file: they are part of the first block.
pub(crate) const HEADER: [u8; 7] = *b":W&B\xE1\xBE\x00";

/// No chunk crosses the end of a block.
const BLOCK: usize = 32 * 1024;

/// Checksum, length and type of a chunk.
const CHUNK_HEADER: usize = 7;

/// The bytes of one record that begins `position` bytes into the file.
pub(crate) fn frame(position: u64, record: &[u8]) -> Vec<u8> {
    let mut framed = Vec::with_capacity(record.len() + 2 * CHUNK_HEADER);
    let mut room = room(position);
    let mut rest = record;
    let mut first = true;
    loop {
        if room < CHUNK_HEADER {
            framed.resize(framed.len() + room, 0);
            room = BLOCK;
        }
        let (part, after) = rest.split_at(rest.len().min(room - CHUNK_HEADER));
        chunk(kind(first, after.is_empty()), part, &mut framed);
        room -= CHUNK_HEADER + part.len();
        if after.is_empty() {
            return framed;
        }
        (rest, first) = (after, false);
    }
}

/// Bytes until the end of the block.
fn room(position: u64) -> usize {
    // Below BLOCK, so it fits.
    BLOCK - (position % BLOCK as u64) as usize
}

fn kind(first: bool, last: bool) -> u8 {
    match (first, last) {
        (true, true) => 1,
        (true, false) => 2,
        (false, false) => 3,
        (false, true) => 4,
    }
}

fn chunk(kind: u8, part: &[u8], framed: &mut Vec<u8>) {
    let mut checksum = crc32fast::Hasher::new();
    checksum.update(&[kind]);
    checksum.update(part);
    framed.extend_from_slice(&checksum.finalize().to_le_bytes());
    // Below BLOCK, so it fits.
    framed.extend_from_slice(&(part.len() as u16).to_le_bytes());
    framed.push(kind);
    framed.extend_from_slice(part);
}
