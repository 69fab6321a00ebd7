//! A reply on its way out: head, body pieces and end, framed into one buffer.
//!
//! Pieces gather until they are flushed, so that what belongs together is one write. Over HTTP/2
//! the framing is hyper's; here a flush is then one DATA frame.

use crate::fault::Body;
use crate::http2::Stream;
use crate::service::Service;
use crate::socket::Socket;
use crate::timer::Timer;
use loadwright_timing::clock;
use std::io::{self, Write};
use std::time::Duration;

/// Between the pieces of a split write: long enough for a waiting client to read them singly.
const BETWEEN_PIECES: u64 = 100_000;
/// Writes that a slow head is spread over.
const HEAD_PIECES: usize = 8;

/// The head of a reply.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ReplyHead {
    pub(crate) status: u16,
    pub(crate) content_type: &'static str,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: Body,
    pub(crate) close: bool,
}

/// A reply under way.
#[derive(Debug)]
pub(crate) struct Wire<'a> {
    out: Out<'a>,
    timer: &'a Timer,
    /// How long the client may take no byte.
    patience: Duration,
    buffer: Vec<u8>,
    /// The head, while the body is gathered for its length.
    held: Option<ReplyHead>,
    body: Body,
    split: Option<usize>,
}

/// Where a reply goes.
#[derive(Debug)]
enum Out<'a> {
    Http1(&'a mut Socket),
    Http2(Stream),
}

impl Out<'_> {
    async fn write(&mut self, bytes: &[u8], patience: Duration) -> io::Result<()> {
        match self {
            Self::Http1(socket) => socket.write(bytes, patience).await,
            Self::Http2(stream) => stream.write(bytes, patience).await,
        }
    }
}

impl<'a> Wire<'a> {
    /// A reply on an HTTP/1.1 connection.
    pub(crate) fn http1(socket: &'a mut Socket, service: &'a Service) -> Self {
        Self::new(Out::Http1(socket), service)
    }

    /// A reply on a stream of an HTTP/2 connection.
    pub(crate) fn http2(stream: Stream, service: &'a Service) -> Self {
        Self::new(Out::Http2(stream), service)
    }

    fn new(out: Out<'a>, service: &'a Service) -> Self {
        Self {
            out,
            timer: &service.timer,
            patience: service.config.client_timeout,
            buffer: Vec::with_capacity(512),
            held: None,
            body: Body::UntilClose,
            split: None,
        }
    }

    /// Cuts every further write into pieces of so many bytes.
    pub(crate) fn split(&mut self, bytes: Option<usize>) {
        self.split = bytes.map(|bytes| bytes.max(1));
    }

    /// Begins the reply.
    pub(crate) fn head(&mut self, head: ReplyHead) {
        if let Out::Http2(stream) = &mut self.out {
            return stream.head(&head);
        }
        self.body = head.body;
        if head.body == Body::Length {
            self.held = Some(head);
        } else {
            write_head(&mut self.buffer, &head, None);
        }
    }

    /// Adds bytes that are no part of the reply's framing; over HTTP/2 there are none such.
    pub(crate) fn raw(&mut self, bytes: &[u8]) {
        if matches!(self.out, Out::Http1(_)) {
            self.buffer.extend_from_slice(bytes);
        }
    }

    /// Adds a piece of the body.
    pub(crate) fn push(&mut self, piece: &[u8]) {
        if self.body != Body::Chunked {
            self.buffer.extend_from_slice(piece);
            return;
        }
        write!(self.buffer, "{:x}\r\n", piece.len()).expect("a Vec takes all bytes");
        self.buffer.extend_from_slice(piece);
        self.buffer.extend_from_slice(b"\r\n");
    }

    /// Adds the end of the body.
    pub(crate) fn end(&mut self) {
        if let Some(head) = self.held.take() {
            let body = std::mem::take(&mut self.buffer);
            write_head(&mut self.buffer, &head, Some(body.len()));
            self.buffer.extend_from_slice(&body);
        } else if self.body == Body::Chunked {
            self.buffer.extend_from_slice(b"0\r\n\r\n");
        }
    }

    /// Lets a held body go before its end: its head promises `length` bytes.
    pub(crate) fn promise(&mut self, length: usize) {
        if let Some(head) = self.held.take() {
            let body = std::mem::take(&mut self.buffer);
            write_head(&mut self.buffer, &head, Some(length));
            self.buffer.extend_from_slice(&body);
        }
    }

    /// The same for a body whose rest will not come, or is not known: twice what is there.
    pub(crate) fn release(&mut self) {
        self.promise(self.buffer.len() * 2 + 1);
    }

    /// Whether a flush would write something.
    pub(crate) fn pending(&self) -> bool {
        let head = matches!(&self.out, Out::Http2(stream) if stream.head_pending());
        self.held.is_none() && (head || !self.buffer.is_empty())
    }

    /// Writes what has gathered.
    pub(crate) async fn flush(&mut self) -> io::Result<()> {
        if !self.pending() {
            return Ok(());
        }
        match self.split {
            None => self.out.write(&self.buffer, self.patience).await?,
            Some(bytes) => self.pieces(bytes, BETWEEN_PIECES).await?,
        }
        self.buffer.clear();
        Ok(())
    }

    /// Writes what has gathered in a few pieces over `span`.
    pub(crate) async fn flush_over(&mut self, span: Duration) -> io::Result<()> {
        let span = u64::try_from(span.as_nanos()).unwrap_or(u64::MAX);
        if matches!(self.out, Out::Http2(_)) {
            self.timer.until(clock::now().saturating_add(span)).await;
            return self.flush().await;
        }
        let between = span / HEAD_PIECES as u64;
        self.pieces(self.buffer.len().div_ceil(HEAD_PIECES).max(1), between).await?;
        self.buffer.clear();
        Ok(())
    }

    async fn pieces(&mut self, bytes: usize, between: u64) -> io::Result<()> {
        for piece in self.buffer.chunks(bytes) {
            self.out.write(piece, self.patience).await?;
            self.timer.until(clock::now().saturating_add(between)).await;
        }
        Ok(())
    }

    /// Makes the coming close a reset.
    pub(crate) fn reset_on_close(&self) -> io::Result<()> {
        match &self.out {
            Out::Http1(socket) => socket.reset_on_close(),
            Out::Http2(_) => Ok(()),
        }
    }

    /// Tells an HTTP/2 client that a reply has ended, or been broken off.
    pub(crate) async fn finish(self, whole: bool) {
        if let Out::Http2(stream) = self.out {
            stream.finish(whole).await;
        }
    }

    /// Returns when the client has left, or at `due`.
    pub(crate) async fn left(&mut self, due: Option<u64>) -> io::Result<()> {
        let Self { out, timer, .. } = self;
        let leaves = async {
            match out {
                Out::Http1(socket) => {
                    let mut ignored = Vec::new();
                    while socket.read(&mut ignored).await?.is_some() {
                        ignored.clear();
                    }
                }
                Out::Http2(stream) => stream.closed().await,
            }
            Err(io::ErrorKind::ConnectionAborted.into())
        };
        match due {
            None => leaves.await,
            Some(due) => tokio::select! {
                left = leaves => left,
                () = timer.until(due) => Ok(()),
            },
        }
    }
}

fn write_head(to: &mut Vec<u8>, head: &ReplyHead, length: Option<usize>) {
    let reason = reason(head.status);
    write!(to, "HTTP/1.1 {} {reason}\r\ncontent-type: {}\r\n", head.status, head.content_type)
        .and_then(|()| match (head.body, length) {
            (Body::Chunked, _) => write!(to, "transfer-encoding: chunked\r\n"),
            (_, Some(length)) => write!(to, "content-length: {length}\r\n"),
            (_, None) => Ok(()),
        })
        .and_then(|()| head.headers.iter().try_for_each(|(k, v)| write!(to, "{k}: {v}\r\n")))
        .expect("a Vec takes all bytes");
    to.extend_from_slice(if head.close { b"connection: close\r\n\r\n" } else { b"\r\n" });
}

/// The reason phrase of the statuses that are sent (RFC 9110, section 15).
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
