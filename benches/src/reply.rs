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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_and_end_are_found_wherever_they_are_split() {
        let reply = b"HTTP/1.1 200 OK\r\n\r\n9\r\ndata: a\n\n\r\n9\r\ndata: b\n\n\r\n0\r\n\r\n";
        for first in 0..reply.len() {
            for second in first..reply.len() {
                let reader = Reader::new();
                let mut kept = vec![0; KEPT];
                let (mut frames, mut ends) = (0, Vec::new());
                for part in [&reply[..first], &reply[first..second], &reply[second..]] {
                    let bytes = [&kept[..], part].concat();
                    let found = reader.read(&bytes);
                    frames += found.frames;
                    ends.push(found.end);
                    kept = bytes[bytes.len() - KEPT..].to_vec();
                }
                assert_eq!((frames, ends), (2, vec![false, false, true]), "{first} {second}");
            }
        }
    }
}
