//! The head of a response: status, and how its body is delimited. Nothing here reads a socket.

use crate::exchange::framing::Framing;
use std::borrow::Cow;

/// What a response's head says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// Status code.
    pub status: u16,
    /// How the body ends.
    pub delimiter: Delimiter,
    /// Whether the connection may carry another request.
    pub keep_alive: bool,
    /// How a body of its `content-type` is cut into frames.
    pub framing: Framing,
    /// A `content-encoding` other than `identity`: the body cannot be read.
    pub encoding: Option<String>,
    /// The `retry-after` header, as it came.
    pub retry_after: Option<String>,
}

/// How a body ends (RFC 9112, 6.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Delimiter {
    /// There is none.
    Empty,
    /// After this many bytes.
    Length(u64),
    /// With the last chunk.
    Chunked,
    /// When the peer closes.
    Close,
}

/// A head that is not HTTP.
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
    /// Its length headers cannot be followed.
    #[error("the reply's {0} header cannot be followed")]
    Length(&'static str),
}

/// How a TLS server answers what is not TLS: by an alert.
const ALERT: [u8; 2] = [0x15, 0x03];
/// Headers that a head may have.
const HEADERS: usize = 100;

/// Reads a head from the start of `bytes`: the head and its length; `None`: more is needed.
///
/// # Errors
/// It is not HTTP, or its length headers contradict each other.
pub fn parse(bytes: &[u8]) -> Result<Option<(Head, usize)>, BadHead> {
    let mut headers = [httparse::EMPTY_HEADER; HEADERS];
    let mut response = httparse::Response::new(&mut headers);
    let parsed = parse_into(&mut response, bytes).map_err(|error| match error {
        httparse::Error::TooManyHeaders => BadHead::TooMany,
        _ if bytes.starts_with(&ALERT) => BadHead::Tls,
        error => BadHead::Syntax(error.to_string()),
    })?;
    let httparse::Status::Complete(length) = parsed else { return Ok(None) };
    let status = response.code.expect("a complete head has a status");
    let keeps = response.version == Some(1);
    let mut facts = Facts::new(keeps);
    for header in response.headers.iter() {
        facts.read(header)?;
    }
    let delimiter = facts.delimiter(status);
    let head = Head {
        status,
        delimiter,
        keep_alive: facts.keep_alive && delimiter != Delimiter::Close,
        framing: facts.framing,
        encoding: facts.encoding,
        retry_after: facts.retry_after,
    };
    Ok(Some((head, length)))
}

/// The headers of a head that was parsed before, names in lower case; none where it is not whole.
pub(crate) fn fields(bytes: &[u8]) -> Vec<(String, String)> {
    let mut headers = [httparse::EMPTY_HEADER; HEADERS];
    let mut response = httparse::Response::new(&mut headers);
    if parse_into(&mut response, bytes).is_err() {
        return Vec::new();
    }
    let field = |header: &httparse::Header<'_>| {
        (header.name.to_ascii_lowercase(), text(header.value).into_owned())
    };
    response.headers.iter().map(field).collect()
}

/// Headers that go on on a second line (RFC 9112, 5.2) are read, as other clients read them.
fn parse_into<'b>(
    response: &mut httparse::Response<'_, 'b>,
    bytes: &'b [u8],
) -> httparse::Result<usize> {
    httparse::ParserConfig::default()
        .allow_obsolete_multiline_headers_in_responses(true)
        .parse_response(response, bytes)
}

/// What the headers say, one by one.
struct Facts {
    keep_alive: bool,
    length: Option<u64>,
    chunked: bool,
    coded: bool,
    framing: Framing,
    encoding: Option<String>,
    retry_after: Option<String>,
}

impl Facts {
    fn new(keep_alive: bool) -> Self {
        Self {
            keep_alive,
            length: None,
            chunked: false,
            coded: false,
            framing: Framing::of(None),
            encoding: None,
            retry_after: None,
        }
    }

    fn read(&mut self, header: &httparse::Header<'_>) -> Result<(), BadHead> {
        let name = header.name;
        if name.eq_ignore_ascii_case("content-type") {
            self.framing = Framing::of(Some(&text(header.value)));
        } else if name.eq_ignore_ascii_case("content-length") {
            let length = text(header.value)
                .parse()
                .ok()
                .filter(|length| self.length.is_none_or(|earlier| earlier == *length));
            self.length = Some(length.ok_or(BadHead::Length("content-length"))?);
        } else if name.eq_ignore_ascii_case("transfer-encoding") {
            self.coded = true;
            // Only as the last coding does `chunked` delimit the body.
            let last = text(header.value);
            let last = last.rsplit(',').next().unwrap_or_default();
            self.chunked = last.trim().eq_ignore_ascii_case("chunked");
        } else if name.eq_ignore_ascii_case("connection") {
            self.connection(&text(header.value));
        } else if name.eq_ignore_ascii_case("content-encoding") {
            self.encoding = Some(text(header.value).into_owned())
                .filter(|it| !it.eq_ignore_ascii_case("identity"));
        } else if name.eq_ignore_ascii_case("retry-after") {
            self.retry_after = Some(text(header.value).into_owned());
        }
        Ok(())
    }

    fn connection(&mut self, value: &str) {
        for option in value.split(',') {
            if option.trim().eq_ignore_ascii_case("close") {
                self.keep_alive = false;
            } else if option.trim().eq_ignore_ascii_case("keep-alive") {
                self.keep_alive = true;
            }
        }
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

/// A header's value; one that goes on on further lines is one line, with a space for each break.
fn text(value: &[u8]) -> Cow<'_, str> {
    if value.contains(&b'\n') {
        let value = String::from_utf8_lossy(value);
        let lines: Vec<&str> = value.lines().map(str::trim).collect();
        return Cow::Owned(lines.join(" ").trim().to_owned());
    }
    match std::str::from_utf8(value) {
        Ok(text) => Cow::Borrowed(text.trim()),
        Err(_) => Cow::Owned(String::from_utf8_lossy(value).trim().to_owned()),
    }
}

#[cfg(test)]
mod tests;
