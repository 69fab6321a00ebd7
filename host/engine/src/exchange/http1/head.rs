//! The head of an HTTP/1.1 response: read from bytes that may come in pieces. Nothing here reads a
//! socket.

use crate::exchange::response::Response;
use crate::exchange::response::body::Delimiter;
use crate::exchange::response::head::{ResponseHead, text};
use crate::messages::Failure;
use loadwright_core::outcome::Outcome;
use loadwright_timing::socket::TimestampedRead;
use std::borrow::Cow;
use std::mem::take;

/// A head that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadHead {
    /// It does not parse.
    #[error("the reply is not HTTP/1.1: {0}")]
    Syntax(String),
    /// It is a TLS record.
    #[error("the server speaks TLS on this port; give an https:// URL")]
    Tls,
    /// It has more headers than are read.
    #[error("the reply's head has more than {HEADERS} headers")]
    TooMany,
    /// It has more bytes than are read.
    #[error("the reply's head is larger than 64 KiB")]
    TooLarge,
    /// Its length headers cannot be followed.
    #[error("the reply's {0} header cannot be followed")]
    Length(&'static str),
}

/// How a TLS server answers what is not TLS: with an alert.
const ALERT: [u8; 2] = [0x15, 0x03];
/// Headers that a head may have.
const HEADERS: usize = 100;
/// Bytes that a head may have.
const BYTES: usize = 64 * 1024;

/// Reads the head of one response.
#[derive(Debug, Default)]
pub(crate) struct HeadReader {
    /// Its bytes so far.
    partial: Vec<u8>,
}

impl HeadReader {
    /// Takes `bytes` that came with `read`. Once the head is complete, gives it to `response` and
    /// returns what follows it in `bytes`.
    ///
    /// # Errors
    /// The head is malformed, or announces a body that cannot be read.
    pub(crate) fn feed<'b>(
        &mut self,
        response: &mut Response,
        bytes: &'b [u8],
        read: &TimestampedRead,
    ) -> Result<Option<&'b [u8]>, Failure> {
        response.record_first_byte(read);
        let parsed = self
            .read(bytes, response.keeps_headers())
            .map_err(|error| Failure::new(Outcome::Malformed, error.to_string()))?;
        let Some((head, behind)) = parsed else { return Ok(None) };
        response.begin_body(head, read)?;
        Ok(Some(behind))
    }

    /// Takes the next `bytes` of a response; returns the head and what follows it in `bytes`, once it
    /// is complete. Interim responses (RFC 9110, 15.2), which precede the response itself, are skipped.
    ///
    /// # Errors
    /// It is not the head of an HTTP/1.1 response.
    fn read<'b>(
        &mut self,
        bytes: &'b [u8],
        keeps_headers: bool,
    ) -> Result<Option<(ResponseHead, &'b [u8])>, BadHead> {
        // Nearly always it comes in one piece, and needs no copy.
        let received = if self.partial.is_empty() {
            Cow::Borrowed(bytes)
        } else {
            self.partial.extend_from_slice(bytes);
            Cow::Owned(take(&mut self.partial))
        };
        let mut rest = &*received;
        while let Some((head, length)) = parse(rest, keeps_headers)? {
            rest = &rest[length..];
            if head.status >= 200 {
                return Ok(Some((head, &bytes[bytes.len() - rest.len()..])));
            }
        }
        if rest.len() > BYTES {
            return Err(BadHead::TooLarge);
        }
        self.partial = rest.to_vec();
        Ok(None)
    }
}

/// Reads a head from the start of `bytes`: the head and its length; `None`: more is needed.
/// `keeps_headers`: all of its headers are kept.
///
/// # Errors
/// It is not HTTP/1.1, or its length headers contradict each other.
pub fn parse(bytes: &[u8], keeps_headers: bool) -> Result<Option<(ResponseHead, usize)>, BadHead> {
    let mut headers = [httparse::EMPTY_HEADER; HEADERS];
    let mut response = httparse::Response::new(&mut headers);
    // Headers that continue on a second line (RFC 9112, 5.2) are read, as other clients read them.
    let parsed = httparse::ParserConfig::default()
        .allow_obsolete_multiline_headers_in_responses(true)
        .parse_response(&mut response, bytes)
        .map_err(|error| match error {
            httparse::Error::TooManyHeaders => BadHead::TooMany,
            _ if bytes.starts_with(&ALERT) => BadHead::Tls,
            error => BadHead::Syntax(error.to_string()),
        })?;
    let httparse::Status::Complete(length) = parsed else { return Ok(None) };
    let status = response.code.expect("a complete head has a status");
    let mut head = ResponseHead::new(status, keeps_headers);
    let mut connection = ConnectionHeaders::new(response.version == Some(1));
    for header in response.headers.iter() {
        connection.add(header)?;
        head.add(header.name, header.value);
    }
    head.delimiter = connection.delimiter(status);
    head.keep_alive = connection.keep_alive && head.delimiter != Delimiter::Close;
    Ok(Some((head, length)))
}

/// What the headers say about the connection: how the body ends, and what comes after it.
struct ConnectionHeaders {
    keep_alive: bool,
    length: Option<u64>,
    chunked: bool,
    /// There is a transfer coding.
    coded: bool,
}

impl ConnectionHeaders {
    fn new(keep_alive: bool) -> Self {
        Self { keep_alive, length: None, chunked: false, coded: false }
    }

    fn add(&mut self, header: &httparse::Header<'_>) -> Result<(), BadHead> {
        let name = header.name;
        if name.eq_ignore_ascii_case("content-length") {
            let length = text(header.value)
                .parse()
                .ok()
                .filter(|length| self.length.is_none_or(|earlier| earlier == *length));
            self.length = Some(length.ok_or(BadHead::Length("content-length"))?);
        } else if name.eq_ignore_ascii_case("transfer-encoding") {
            self.coded = true;
            // `chunked` delimits the body only if it is the last coding.
            let codings = text(header.value);
            let last = codings.rsplit(',').next().unwrap_or_default();
            self.chunked = last.trim().eq_ignore_ascii_case("chunked");
        } else if name.eq_ignore_ascii_case("connection") {
            for option in text(header.value).split(',') {
                if option.trim().eq_ignore_ascii_case("close") {
                    self.keep_alive = false;
                } else if option.trim().eq_ignore_ascii_case("keep-alive") {
                    self.keep_alive = true;
                }
            }
        }
        Ok(())
    }

    fn delimiter(&self, status: u16) -> Delimiter {
        match self {
            _ if status < 200 || status == 204 || status == 304 => Delimiter::Empty,
            Self { chunked: true, .. } => Delimiter::Chunked,
            Self { coded: true, .. } => Delimiter::Close,
            Self { length: Some(0), .. } => Delimiter::Empty,
            Self { length: Some(length), .. } => Delimiter::Length(*length),
            Self { length: None, .. } => Delimiter::Close,
        }
    }
}

#[cfg(test)]
mod tests;
