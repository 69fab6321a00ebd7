//! Request heads and bodies of HTTP/1.1, out of a connection's bytes. Nothing here waits.

use std::str;

/// Headers a request may have.
const HEADERS: usize = 64;
/// Bytes of a head at most.
const HEAD_LIMIT: usize = 64 * 1024;
/// Bytes of a body at most.
pub(crate) const BODY_LIMIT: usize = 256 * 1024 * 1024;

/// A request, whole.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Request {
    pub(crate) head: Head,
    pub(crate) body: Vec<u8>,
    /// The kernel's stamp of its first bytes, or the user's.
    pub(crate) received: u64,
    /// The clock after its first bytes were read.
    pub(crate) received_user: u64,
    /// Which connection carried it.
    pub(crate) connection: u64,
}

/// What matters of a head.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Head {
    pub(crate) method: String,
    /// Without its query.
    pub(crate) path: String,
    pub(crate) request_id: String,
    pub(crate) fault: Option<String>,
    pub(crate) keep_alive: bool,
    pub(crate) expects_continue: bool,
    pub(crate) framing: Framing,
}

/// How a body's end is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Framing {
    Length(usize),
    Chunked,
}

impl Default for Framing {
    fn default() -> Self {
        Self::Length(0)
    }
}

/// Bytes that are no request.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub(crate) struct Malformed(pub(crate) String);

impl Head {
    /// The head at the start of `bytes` and its length; none: it is not whole yet.
    pub(crate) fn read(bytes: &[u8]) -> Result<Option<(Self, usize)>, Malformed> {
        let mut headers = [httparse::EMPTY_HEADER; HEADERS];
        let mut request = httparse::Request::new(&mut headers);
        let parsed = request.parse(bytes).map_err(|error| Malformed(error.to_string()))?;
        let httparse::Status::Complete(length) = parsed else {
            let too_long = bytes.len() > HEAD_LIMIT;
            return if too_long { Err(Malformed("the head is too long".into())) } else { Ok(None) };
        };
        let target = request.path.unwrap_or_default();
        let mut head = Self {
            method: request.method.unwrap_or_default().into(),
            path: target.split('?').next().unwrap_or_default().into(),
            keep_alive: request.version == Some(1),
            ..Self::default()
        };
        for header in request.headers.iter() {
            head.header(header.name, str::from_utf8(header.value).unwrap_or_default().trim())?;
        }
        Ok(Some((head, length)))
    }

    /// Takes note of one header.
    pub(crate) fn header(&mut self, name: &str, value: &str) -> Result<(), Malformed> {
        let is = |other: &str| name.eq_ignore_ascii_case(other);
        if is("content-length") {
            let length = value.parse().ok().filter(|&length| length <= BODY_LIMIT);
            let length = length.ok_or_else(|| Malformed(format!("content-length {value}")))?;
            if self.framing != Framing::Chunked {
                self.framing = Framing::Length(length);
            }
        } else if is("transfer-encoding") {
            self.framing = Framing::Chunked;
        } else if is("connection") {
            self.keep_alive = match value.to_ascii_lowercase().as_str() {
                "close" => false,
                "keep-alive" => true,
                _ => self.keep_alive,
            };
        } else if is("expect") {
            self.expects_continue = value.eq_ignore_ascii_case("100-continue");
        } else if is("x-request-id") {
            self.request_id = value.into();
        } else if is(crate::fault::HEADER) {
            self.fault = Some(value.into());
        }
        Ok(())
    }
}

/// The chunked body at the start of `bytes` and its encoded length; none: it is not whole yet.
pub(crate) fn chunked(bytes: &[u8]) -> Result<Option<(Vec<u8>, usize)>, Malformed> {
    let mut body = Vec::new();
    let mut at = 0;
    loop {
        let size = httparse::parse_chunk_size(&bytes[at..])
            .map_err(|_| Malformed("a chunk's size is not hexadecimal".into()))?;
        let httparse::Status::Complete((start, size)) = size else { return Ok(None) };
        let size = usize::try_from(size).ok().filter(|size| body.len() + size <= BODY_LIMIT);
        let size = size.ok_or_else(|| Malformed("the body is too long".into()))?;
        at += start;
        if size == 0 {
            return Ok(trailers(&bytes[at..]).map(|length| (body, at + length)));
        }
        let Some(chunk) = bytes.get(at..at + size) else { return Ok(None) };
        body.extend_from_slice(chunk);
        at += size;
        match bytes.get(at..at + 2) {
            Some(b"\r\n") => at += 2,
            Some(_) => return Err(Malformed("a chunk does not end where it says".into())),
            None => return Ok(None),
        }
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
#[path = "head_tests.rs"]
mod tests;
