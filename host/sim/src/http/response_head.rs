//! The head of a response, and how HTTP/1.1 writes it.

use crate::fault::Body;
use std::io::Write;

/// The head of a response.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ResponseHead {
    pub(crate) status: u16,
    pub(crate) content_type: &'static str,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: Body,
    pub(crate) close: bool,
}

impl ResponseHead {
    /// Appends the head as HTTP/1.1 text, with a content length where one is given.
    pub(crate) fn write_http1(&self, content_length: Option<usize>, to: &mut Vec<u8>) {
        let reason = reason(self.status);
        write!(to, "HTTP/1.1 {} {reason}\r\ncontent-type: {}\r\n", self.status, self.content_type)
            .and_then(|()| match (self.body, content_length) {
                (Body::Chunked, _) => write!(to, "transfer-encoding: chunked\r\n"),
                (_, Some(length)) => write!(to, "content-length: {length}\r\n"),
                (_, None) => Ok(()),
            })
            .and_then(|()| self.headers.iter().try_for_each(|(k, v)| write!(to, "{k}: {v}\r\n")))
            .expect("a Vec takes all bytes");
        to.extend_from_slice(if self.close { b"connection: close\r\n\r\n" } else { b"\r\n" });
    }
}

/// The reason phrase of a status (RFC 9110, section 15).
pub(crate) fn reason(status: u16) -> &'static str {
    match status {
        100 => "Continue",
        102 => "Processing",
        103 => "Early Hints",
        200 => "OK",
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        408 => "Request Timeout",
        413 => "Content Too Large",
        422 => "Unprocessable Content",
        429 => "Too Many Requests",
        500 => "Internal Server Error",
        502 => "Bad Gateway",
        503 => "Service Unavailable",
        504 => "Gateway Timeout",
        _ => "Unnamed",
    }
}
