//! A chunked body (RFC 9112, section 7.1), taken apart as it comes: each byte is looked at once.

use crate::head::BODY_LIMIT;
use crate::refusal::Refusal;

/// Bytes of a line with a chunk's size at most, its extensions included.
const LINE_LIMIT: usize = 8 * 1024;
/// Bytes of a trailer section at most.
const TRAILER_LIMIT: usize = 64 * 1024;

/// A body so far.
#[derive(Debug, Default)]
pub(crate) struct Chunks {
    pub(crate) body: Vec<u8>,
    next: Next,
}

/// What comes next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Next {
    /// A line with a chunk's size.
    #[default]
    Size,
    /// So many bytes of a chunk.
    Data(usize),
    /// The line end behind a chunk.
    LineEnd,
    /// The trailer section and its blank line.
    Trailers,
    /// Nothing: the body is whole.
    Nothing,
}

impl Chunks {
    /// Takes what it can of `bytes` and gives how much that was; what is left is to be given again,
    /// with more behind it.
    ///
    /// # Errors
    /// The bytes are no chunked body, or a limit is passed.
    pub(crate) fn take(&mut self, bytes: &[u8]) -> Result<usize, Refusal> {
        let mut taken = 0;
        while let Some(step) = self.step(&bytes[taken..])? {
            taken += step;
        }
        Ok(taken)
    }

    /// Whether the body is whole.
    pub(crate) fn is_whole(&self) -> bool {
        self.next == Next::Nothing
    }

    /// Takes one part; gives its length, or none where it is not whole yet.
    fn step(&mut self, bytes: &[u8]) -> Result<Option<usize>, Refusal> {
        match self.next {
            Next::Size => self.size(bytes),
            Next::Data(left) => {
                let length = left.min(bytes.len());
                self.body.extend_from_slice(&bytes[..length]);
                self.next = if length == left { Next::LineEnd } else { Next::Data(left - length) };
                Ok((length > 0).then_some(length))
            }
            Next::LineEnd => match bytes.get(..2) {
                Some(b"\r\n") => {
                    self.next = Next::Size;
                    Ok(Some(2))
                }
                Some(_) => Err(Refusal::bad("a chunk does not end where it says")),
                None => Ok(None),
            },
            Next::Trailers => {
                let length = trailers(bytes);
                if length.unwrap_or(bytes.len()) > TRAILER_LIMIT {
                    return Err(Refusal::bad("the trailers are too long"));
                }
                if length.is_some() {
                    self.next = Next::Nothing;
                }
                Ok(length)
            }
            Next::Nothing => Ok(None),
        }
    }

    fn size(&mut self, bytes: &[u8]) -> Result<Option<usize>, Refusal> {
        let size = httparse::parse_chunk_size(bytes)
            .map_err(|_| Refusal::bad("a chunk's size is not hexadecimal"))?;
        let httparse::Status::Complete((length, size)) = size else {
            return match bytes.len() {
                0..=LINE_LIMIT => Ok(None),
                _ => Err(Refusal::bad("the line of a chunk's size is too long")),
            };
        };
        let left = BODY_LIMIT - self.body.len();
        let size = usize::try_from(size).ok().filter(|&size| size <= left);
        let size = size.ok_or_else(Refusal::too_large)?;
        self.next = if size == 0 { Next::Trailers } else { Next::Data(size) };
        Ok(Some(length))
    }
}

/// The length of a trailer section, its blank line included; none: it is not whole yet.
fn trailers(bytes: &[u8]) -> Option<usize> {
    if bytes.starts_with(b"\r\n") {
        return Some(2);
    }
    memchr::memmem::find(bytes, b"\r\n\r\n").map(|at| at + 4)
}

#[cfg(test)]
mod tests;
