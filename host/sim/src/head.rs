//! Request heads of HTTP/1.1, out of a connection's bytes. Nothing here waits.

use crate::memory::Held;
use crate::refusal::Refusal;
use std::str;

/// Headers a request may have.
const HEADERS: usize = 64;
/// Bytes of a head at most.
const HEAD_LIMIT: usize = 64 * 1024;
/// Bytes of a body at most.
pub(crate) const BODY_LIMIT: usize = 64 * 1024 * 1024;

/// A request, whole.
#[derive(Debug, Default)]
pub(crate) struct Request {
    pub(crate) head: Head,
    pub(crate) body: Vec<u8>,
    /// The kernel's stamp of its first bytes, or the user's.
    pub(crate) received: u64,
    /// The clock after its first bytes were read.
    pub(crate) received_user: u64,
    /// Which connection carried it.
    pub(crate) connection: u64,
    /// The memory it holds.
    pub(crate) held: Held,
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

impl Head {
    /// The head at the start of `bytes` and its length; none: it is not whole yet.
    pub(crate) fn read(bytes: &[u8]) -> Result<Option<(Self, usize)>, Refusal> {
        let mut headers = [httparse::EMPTY_HEADER; HEADERS];
        let mut request = httparse::Request::new(&mut headers);
        let parsed = request.parse(bytes).map_err(|error| Refusal::bad(error.to_string()))?;
        let httparse::Status::Complete(length) = parsed else {
            let too_long = bytes.len() > HEAD_LIMIT;
            return if too_long { Err(Refusal::bad("the head is too long")) } else { Ok(None) };
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
    pub(crate) fn header(&mut self, name: &str, value: &str) -> Result<(), Refusal> {
        let is = |other: &str| name.eq_ignore_ascii_case(other);
        if is("content-length") {
            let digits = value.bytes().all(|byte| byte.is_ascii_digit());
            let length = value.parse::<usize>();
            let length = match length {
                Ok(length) if length <= BODY_LIMIT => length,
                Err(_) if value.is_empty() || !digits => {
                    return Err(Refusal::bad("content-length is no number"));
                }
                // Digits that are no usize are too many.
                Ok(_) | Err(_) => return Err(Refusal::too_large()),
            };
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

#[cfg(test)]
mod tests;
