//! Reads replies for the bare clients: how many `data:` a read contains, and whether the reply ends
//! with it. Parses neither HTTP nor JSON.

use memchr::memmem::Finder;

/// Bytes kept of the previous read, since a match may be split: one less than the longest pattern.
pub(crate) const KEPT: usize = END.len() - 1;

/// The end of a chunked body.
const END: &[u8] = b"\r\n0\r\n\r\n";

const DATA: &[u8] = b"data:";

/// Reads replies.
#[derive(Debug)]
pub(crate) struct Reader {
    data: Finder<'static>,
}

/// What a read contained.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Found {
    /// Number of `data:` that it completed.
    pub(crate) frames: u32,
    /// Whether the body ended with it.
    pub(crate) end: bool,
}

impl Reader {
    pub(crate) fn new() -> Self {
        Self { data: Finder::new(DATA) }
    }

    /// Reads `bytes`, of which the first [`KEPT`] are the last of the previous read.
    pub(crate) fn read(&self, bytes: &[u8]) -> Found {
        let new = |at: &usize| at + DATA.len() > KEPT;
        let frames = self.data.find_iter(bytes).filter(new).count() as u32;
        Found { frames, end: bytes.ends_with(END) }
    }
}

/// Counts `data:` in the parts of a body that an HTTP library returns, wherever it is split.
pub(crate) struct Count {
    data: Finder<'static>,
    /// The last bytes of the previous part.
    kept: Vec<u8>,
}

impl Default for Count {
    fn default() -> Self {
        Self { data: Finder::new(DATA), kept: Vec::with_capacity(2 * DATA.len()) }
    }
}

impl Count {
    /// Number of `data:` that end in `part`.
    pub(crate) fn feed(&mut self, part: &[u8]) -> u32 {
        const LESS: usize = DATA.len() - 1;
        // One that begins in the previous part ends in the first bytes of this one.
        self.kept.extend_from_slice(&part[..part.len().min(LESS)]);
        let split = self.data.find(&self.kept).is_some();
        let whole = self.data.find_iter(part).count();
        let last = if part.len() < LESS { &self.kept[..] } else { part };
        self.kept = last[last.len().saturating_sub(LESS)..].to_vec();
        u32::from(split) + whole as u32
    }
}

#[cfg(test)]
mod tests;
