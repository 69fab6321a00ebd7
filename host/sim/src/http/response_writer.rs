//! Writes one response: head, body pieces and end, framed into one buffer.
//!
//! Pieces are buffered until the next flush, so that what belongs together is one write. Over HTTP/2
//! hyper does the framing, and a flush becomes one DATA frame.

use crate::fault::Body;
use crate::http::http2_stream::Http2Stream;
use crate::http::response_head::ResponseHead;
use crate::http::socket::Socket;
use crate::timer::Timer;
use loadwright_timing::clock;
use std::io::{self, Write};
use std::time::Duration;

/// Nanoseconds between the pieces of a split write: enough for a waiting client to read each alone.
const PIECE_INTERVAL: u64 = 100_000;
/// Number of writes that a slow head is spread over.
const HEAD_PIECES: usize = 8;

/// Writes one response.
#[derive(Debug)]
pub(crate) struct ResponseWriter<'a> {
    transport: Transport<'a>,
    options: WriteOptions<'a>,
    buffer: Vec<u8>,
    /// The head, while the body is buffered to learn its length.
    held_head: Option<ResponseHead>,
    body: Body,
    split: Option<usize>,
}

/// What every write of a server has in common.
#[derive(Debug, Clone, Copy)]
pub(crate) struct WriteOptions<'a> {
    pub(crate) timer: &'a Timer,
    /// How long the client may read nothing.
    pub(crate) timeout: Duration,
}

/// Where a response goes.
#[derive(Debug)]
enum Transport<'a> {
    Http1(&'a mut Socket),
    Http2(Http2Stream),
}

impl Transport<'_> {
    async fn write(&mut self, bytes: &[u8], timeout: Duration) -> io::Result<()> {
        match self {
            Self::Http1(socket) => socket.write(bytes, timeout).await,
            Self::Http2(stream) => stream.write(bytes, timeout).await,
        }
    }
}

impl<'a> ResponseWriter<'a> {
    /// A writer on an HTTP/1.1 connection.
    pub(crate) fn http1(socket: &'a mut Socket, options: WriteOptions<'a>) -> Self {
        Self::new(Transport::Http1(socket), options)
    }

    /// A writer on a stream of an HTTP/2 connection.
    pub(crate) fn http2(stream: Http2Stream, options: WriteOptions<'a>) -> Self {
        Self::new(Transport::Http2(stream), options)
    }

    fn new(transport: Transport<'a>, options: WriteOptions<'a>) -> Self {
        Self {
            transport,
            options,
            buffer: Vec::with_capacity(512),
            held_head: None,
            body: Body::UntilClose,
            split: None,
        }
    }

    /// Splits every further write into pieces of this size.
    pub(crate) fn split(&mut self, bytes: Option<usize>) {
        self.split = bytes.map(|bytes| bytes.max(1));
    }

    /// Starts the response.
    pub(crate) fn head(&mut self, head: ResponseHead) {
        if let Transport::Http2(stream) = &mut self.transport {
            return stream.head(&head);
        }
        self.body = head.body;
        if head.body == Body::Length {
            self.held_head = Some(head);
        } else {
            head.write_http1(None, &mut self.buffer);
        }
    }

    /// Adds bytes outside of the response's framing; ignored over HTTP/2.
    pub(crate) fn raw(&mut self, bytes: &[u8]) {
        if matches!(self.transport, Transport::Http1(_)) {
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
        if self.held_head.is_some() {
            self.send_with_length(self.buffer.len());
        } else if self.body == Body::Chunked {
            self.buffer.extend_from_slice(b"0\r\n\r\n");
        }
    }

    /// Stops holding the head back: it declares a content length of `length`.
    pub(crate) fn send_with_length(&mut self, length: usize) {
        if let Some(head) = self.held_head.take() {
            let body = std::mem::take(&mut self.buffer);
            head.write_http1(Some(length), &mut self.buffer);
            self.buffer.extend_from_slice(&body);
        }
    }

    /// The same for a body that will be truncated, or whose length is unknown: it declares more than
    /// twice what is buffered.
    pub(crate) fn send_incomplete(&mut self) {
        self.send_with_length(self.buffer.len() * 2 + 1);
    }

    /// Whether a flush would write something.
    pub(crate) fn pending(&self) -> bool {
        let head = matches!(&self.transport, Transport::Http2(stream) if stream.head_pending());
        self.held_head.is_none() && (head || !self.buffer.is_empty())
    }

    /// Writes what is buffered.
    pub(crate) async fn flush(&mut self) -> io::Result<()> {
        if !self.pending() {
            return Ok(());
        }
        match self.split {
            None => self.transport.write(&self.buffer, self.options.timeout).await?,
            Some(bytes) => self.write_pieces(bytes, PIECE_INTERVAL).await?,
        }
        self.buffer.clear();
        Ok(())
    }

    /// Writes what is buffered in a few pieces spread over `span`.
    pub(crate) async fn flush_over(&mut self, span: Duration) -> io::Result<()> {
        let span = u64::try_from(span.as_nanos()).unwrap_or(u64::MAX);
        if matches!(self.transport, Transport::Http2(_)) {
            self.options.timer.until(clock::now().saturating_add(span)).await;
            return self.flush().await;
        }
        let interval = span / HEAD_PIECES as u64;
        self.write_pieces(self.buffer.len().div_ceil(HEAD_PIECES).max(1), interval).await?;
        self.buffer.clear();
        Ok(())
    }

    async fn write_pieces(&mut self, size: usize, interval: u64) -> io::Result<()> {
        for piece in self.buffer.chunks(size) {
            self.transport.write(piece, self.options.timeout).await?;
            self.options.timer.until(clock::now().saturating_add(interval)).await;
        }
        Ok(())
    }

    /// Makes the next close of an HTTP/1.1 connection a reset.
    pub(crate) fn reset_on_close(&self) -> io::Result<()> {
        match &self.transport {
            Transport::Http1(socket) => socket.reset_on_close(),
            Transport::Http2(_) => Ok(()),
        }
    }

    /// Ends an HTTP/2 stream; an incomplete reply is reset.
    pub(crate) async fn finish(self, complete: bool) {
        if let Transport::Http2(stream) = self.transport {
            stream.finish(complete).await;
        }
    }

    /// Discards input until `deadline`, or for ever where there is none.
    ///
    /// # Errors
    /// The client has disconnected.
    pub(crate) async fn wait_for_disconnect(&mut self, deadline: Option<u64>) -> io::Result<()> {
        let Self { transport, options, .. } = self;
        let disconnect = async {
            match transport {
                Transport::Http1(socket) => {
                    let mut ignored = Vec::new();
                    while socket.read(&mut ignored).await?.is_some() {
                        ignored.clear();
                    }
                }
                Transport::Http2(stream) => stream.abandoned().wait().await,
            }
            Err(io::ErrorKind::ConnectionAborted.into())
        };
        match deadline {
            None => disconnect.await,
            Some(deadline) => tokio::select! {
                disconnected = disconnect => disconnected,
                () = options.timer.until(deadline) => Ok(()),
            },
        }
    }
}
