//! Requests, and how the head of one is parsed from HTTP/1.1 bytes. No input or output.

use crate::fault::FAULT_HEADER;
use crate::http::error_response::ErrorResponse;
use crate::memory::Reservation;
use std::str;

/// Maximum number of headers of a request.
const MAX_HEADERS: usize = 64;
/// Maximum size of a head in bytes.
const HEAD_LIMIT: usize = 64 * 1024;
/// Maximum size of a body in bytes.
pub(crate) const BODY_LIMIT: usize = 64 * 1024 * 1024;

/// A complete request.
#[derive(Debug, Default)]
pub(crate) struct Request {
    pub(crate) head: RequestHead,
    pub(crate) body: Vec<u8>,
    pub(crate) received: ReceiveTime,
    /// Which connection carried it.
    pub(crate) connection: u64,
    /// The memory reserved for it.
    pub(crate) memory: Reservation,
}

/// When the first bytes of a request arrived, in nanoseconds of the clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct ReceiveTime {
    /// The kernel's receive timestamp; as `user` where there is none.
    pub(crate) kernel: u64,
    /// The clock after the read.
    pub(crate) user: u64,
}

/// The parts of a request head that the server uses.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct RequestHead {
    pub(crate) method: String,
    /// Without the query.
    pub(crate) path: String,
    pub(crate) request_id: String,
    pub(crate) traceparent: String,
    pub(crate) fault: Option<String>,
    pub(crate) keep_alive: bool,
    pub(crate) expects_continue: bool,
    pub(crate) framing: Framing,
}

/// How the end of a body is found.
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

impl RequestHead {
    /// The head at the start of `bytes` and its length; none: it is incomplete.
    ///
    /// # Errors
    /// The bytes are not a request head, or a limit is exceeded.
    pub(crate) fn read(bytes: &[u8]) -> Result<Option<(Self, usize)>, ErrorResponse> {
        let mut headers = [httparse::EMPTY_HEADER; MAX_HEADERS];
        let mut request = httparse::Request::new(&mut headers);
        let parsed =
            request.parse(bytes).map_err(|error| ErrorResponse::bad_request(error.to_string()))?;
        let httparse::Status::Complete(length) = parsed else {
            let too_long = bytes.len() > HEAD_LIMIT;
            return if too_long {
                Err(ErrorResponse::bad_request("the head is too long"))
            } else {
                Ok(None)
            };
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

    /// Adds one header.
    ///
    /// # Errors
    /// It has a value that the server rejects.
    pub(crate) fn header(&mut self, name: &str, value: &str) -> Result<(), ErrorResponse> {
        let is = |other: &str| name.eq_ignore_ascii_case(other);
        if is("content-length") {
            let digits = value.bytes().all(|byte| byte.is_ascii_digit());
            let length = value.parse::<usize>();
            let length = match length {
                Ok(length) if length <= BODY_LIMIT => length,
                Err(_) if value.is_empty() || !digits => {
                    return Err(ErrorResponse::bad_request("content-length is not a number"));
                }
                // Digits that overflow usize.
                Ok(_) | Err(_) => return Err(ErrorResponse::body_too_large(BODY_LIMIT)),
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
        } else if is("traceparent") {
            self.traceparent = value.into();
        } else if is(FAULT_HEADER) {
            self.fault = Some(value.into());
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
