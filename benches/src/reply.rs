//! What the bare client reads of a reply: how many `data:` a read holds, and whether the reply ends
//! with it. Neither HTTP nor JSON is understood.

use memchr::memmem::Finder;

/// Bytes kept of the previous read, since what is looked for may be split: one less than the end.
pub(crate) const KEPT: usize = END.len() - 1;

/// The end of a chunked body.
const END: &[u8] = b"\r\n0\r\n\r\n";

const DATA: &[u8] = b"data:";

/// Reads replies.
#[derive(Debug)]
pub(crate) struct Reader {
    data: Finder<'static>,
}

/// What a read held.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Found {
    /// How many `data:` it completed.
    pub(crate) frames: u32,
    /// Whether the body ended with it.
    pub(crate) end: bool,
}

impl Reader {
    pub(crate) fn new() -> Self {
        Self { data: Finder::new(DATA) }
    }

    /// Reads `bytes`, of which the first [`KEPT`] are the last of the read before.
    pub(crate) fn read(&self, bytes: &[u8]) -> Found {
        let news = |at: &usize| at + DATA.len() > KEPT;
        let frames = self.data.find_iter(bytes).filter(news).count() as u32;
        Found { frames, end: bytes.ends_with(END) }
    }
}

/// Counts `data:` in what an HTTP library gives of a body, wherever it is split.
pub(crate) struct Count {
    data: Finder<'static>,
    /// The last bytes of the part before.
    kept: Vec<u8>,
}

impl Default for Count {
    fn default() -> Self {
        Self { data: Finder::new(DATA), kept: Vec::with_capacity(2 * DATA.len()) }
    }
}

impl Count {
    /// How many `data:` end in `part`.
    pub(crate) fn feed(&mut self, part: &[u8]) -> u32 {
        const LESS: usize = DATA.len() - 1;
        // One that begins in the part before ends in the first bytes of this one.
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
