//! Incremental decoding of a chunked body (RFC 9112, section 7.1): each byte is examined once.

use crate::http::error_response::ErrorResponse;
use crate::http::request::BODY_LIMIT;

/// Maximum length of a chunk-size line in bytes, extensions included.
const LINE_LIMIT: usize = 8 * 1024;
/// Maximum length of a trailer section in bytes.
const TRAILER_LIMIT: usize = 64 * 1024;

/// A chunked body, decoded so far.
#[derive(Debug, Default)]
pub(crate) struct ChunkedBody {
    pub(crate) body: Vec<u8>,
    state: State,
}

/// What the decoder expects next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum State {
    /// A chunk-size line.
    #[default]
    Size,
    /// This many bytes of chunk data.
    Data(usize),
    /// The line end after chunk data.
    LineEnd,
    /// The trailer section, up to its blank line.
    Trailers,
    /// Nothing: the body is complete.
    Complete,
}

impl ChunkedBody {
    /// Decodes as much of `bytes` as it can and returns how many it consumed. The rest must be passed
    /// again, followed by more.
    ///
    /// # Errors
    /// The bytes are not a chunked body, or a limit is exceeded.
    pub(crate) fn decode(&mut self, bytes: &[u8]) -> Result<usize, ErrorResponse> {
        let mut consumed = 0;
        while let Some(length) = self.step(&bytes[consumed..])? {
            consumed += length;
        }
        Ok(consumed)
    }

    /// Whether the body is complete.
    pub(crate) fn is_complete(&self) -> bool {
        self.state == State::Complete
    }

    /// Decodes one element and returns its length; none: it is incomplete.
    fn step(&mut self, bytes: &[u8]) -> Result<Option<usize>, ErrorResponse> {
        match self.state {
            State::Size => self.size(bytes),
            State::Data(left) => {
                let length = left.min(bytes.len());
                self.body.extend_from_slice(&bytes[..length]);
                self.state =
                    if length == left { State::LineEnd } else { State::Data(left - length) };
                Ok((length > 0).then_some(length))
            }
            State::LineEnd => match bytes.get(..2) {
                Some(b"\r\n") => {
                    self.state = State::Size;
                    Ok(Some(2))
                }
                Some(_) => Err(ErrorResponse::bad_request("a chunk does not end after its size")),
                None => Ok(None),
            },
            State::Trailers => {
                let length = trailers(bytes);
                if length.unwrap_or(bytes.len()) > TRAILER_LIMIT {
                    return Err(ErrorResponse::bad_request("the trailers are too long"));
                }
                if length.is_some() {
                    self.state = State::Complete;
                }
                Ok(length)
            }
            State::Complete => Ok(None),
        }
    }

    fn size(&mut self, bytes: &[u8]) -> Result<Option<usize>, ErrorResponse> {
        let size = httparse::parse_chunk_size(bytes)
            .map_err(|_| ErrorResponse::bad_request("a chunk size is not hexadecimal"))?;
        let httparse::Status::Complete((length, size)) = size else {
            return match bytes.len() {
                0..=LINE_LIMIT => Ok(None),
                _ => Err(ErrorResponse::bad_request("a chunk-size line is too long")),
            };
        };
        let left = BODY_LIMIT - self.body.len();
        let size = usize::try_from(size).ok().filter(|&size| size <= left);
        let size = size.ok_or_else(|| ErrorResponse::body_too_large(BODY_LIMIT))?;
        self.state = if size == 0 { State::Trailers } else { State::Data(size) };
        Ok(Some(length))
    }
}

/// The length of a trailer section, its blank line included; none: it is incomplete.
fn trailers(bytes: &[u8]) -> Option<usize> {
    if bytes.starts_with(b"\r\n") {
        return Some(2);
    }
    memchr::memmem::find(bytes, b"\r\n\r\n").map(|at| at + 4)
}

#[cfg(test)]
mod tests;
