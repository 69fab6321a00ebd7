//! The head of a response, whichever protocol brought it: HTTP/1.1 and HTTP/2 each fill it from the
//! headers they read. How these are written on the wire is up to them.

use super::body::Delimiter;
use crate::exchange::framing::Framing;
use crate::messages::headers::Headers;
use std::borrow::Cow;

/// The head of a response.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResponseHead {
    /// Status code.
    pub status: u16,
    /// How the body ends.
    pub delimiter: Delimiter,
    /// Whether the connection may carry another request.
    pub keep_alive: bool,
    /// How a body of its `content-type` is split into frames.
    pub framing: Framing,
    /// A `content-encoding` other than `identity`: the body cannot be read.
    pub encoding: Option<String>,
    /// The `retry-after` header, as received.
    pub retry_after: Option<String>,
    /// All headers, if they are kept.
    pub headers: Option<Headers>,
}

impl ResponseHead {
    /// The head of a response whose headers are still to be added; `keeps_headers`: all of them are
    /// kept, not only what the engine itself needs.
    pub(crate) fn new(status: u16, keeps_headers: bool) -> Self {
        Self {
            status,
            delimiter: Delimiter::Close,
            keep_alive: true,
            framing: Framing::of(None),
            encoding: None,
            retry_after: None,
            headers: keeps_headers.then(Headers::new),
        }
    }

    /// Adds a header.
    pub(crate) fn add(&mut self, name: &str, value: &[u8]) {
        if name.eq_ignore_ascii_case("content-type") {
            self.framing = Framing::of(Some(&text(value)));
        } else if name.eq_ignore_ascii_case("content-encoding") {
            self.encoding = Some(text(value).into_owned())
                .filter(|encoding| !encoding.eq_ignore_ascii_case("identity"));
        } else if name.eq_ignore_ascii_case("retry-after") {
            self.retry_after = Some(text(value).into_owned());
        }
        if let Some(headers) = &mut self.headers {
            headers.push(name, &text(value));
        }
    }

    /// The first header called `name` (in lower case), if headers are kept.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.headers.iter().flat_map(Headers::iter);
        headers.find(|(own, _)| *own == name).map(|(_, value)| value)
    }
}

/// A header's value as text, without surrounding whitespace. One that continues on further lines
/// (RFC 9112, 5.2) becomes one line, with a space for each break.
pub(crate) fn text(value: &[u8]) -> Cow<'_, str> {
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
