//! One request and its response over an HTTP/2 connection, by hyper.
//!
//! hyper reads the socket in a separate task, so a read's kernel timestamp cannot be tied to the
//! frames it gave: frames are timestamped in user space, when they are polled. Each worker has a
//! connection of its own, with one stream at a time.

use crate::exchange::attempt::Attempt;
use crate::exchange::deadlines::LINGER;
use crate::exchange::net::stream::Stream;
use crate::exchange::response::head::ResponseHead;
use crate::messages::Failure;
use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::client::conn::http2::SendRequest;
use hyper_util::rt::{TokioExecutor, TokioIo};
use loadwright_core::outcome::{Outcome, Stage};
use loadwright_core::plan::Timeouts;
use loadwright_timing::clock;
use loadwright_timing::socket::TimestampedRead;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// An HTTP/2 connection.
pub(crate) struct Http2 {
    sender: SendRequest<Full<Bytes>>,
    mark: Arc<SendMark>,
}

/// When the first byte since it was armed was handed to the kernel; 0: armed.
#[derive(Debug, Default)]
struct SendMark(AtomicU64);

impl Http2 {
    /// Performs the HTTP/2 handshake over `stream`.
    ///
    /// # Errors
    /// The peer does not support HTTP/2.
    pub(crate) async fn new(stream: Stream) -> Result<Self, Failure> {
        let mark = Arc::new(SendMark::default());
        let io = TokioIo::new(Marked { stream, mark: Arc::clone(&mark) });
        let (sender, connection) = hyper::client::conn::http2::handshake(TokioExecutor::new(), io)
            .await
            .map_err(|error| failed(&error))?;
        tokio::spawn(connection);
        Ok(Self { sender, mark })
    }

    /// Whether another request may be sent.
    pub(crate) fn usable(&self) -> bool {
        !self.sender.is_closed()
    }

    /// Sends a request and receives its response into `attempt`.
    ///
    /// # Errors
    /// Any failure of the exchange.
    pub(crate) async fn exchange(
        &mut self,
        attempt: &mut Attempt,
        request: http::Request<Full<Bytes>>,
        timeouts: &Timeouts,
    ) -> Result<(), Failure> {
        let limit = timeouts.total;
        let over = || late(Stage::Total, format!("not over within {} s", limit.as_secs_f64()));
        let ended =
            tokio::time::timeout(limit, self.untimed(attempt, request, timeouts.read)).await;
        let marked = self.mark.0.load(Relaxed);
        if marked != 0 && attempt.timeline.sent.is_some() {
            attempt.timeline.sent = Some(marked);
        }
        ended.unwrap_or_else(|_| Err(over()))
    }

    async fn untimed(
        &mut self,
        attempt: &mut Attempt,
        request: http::Request<Full<Bytes>>,
        read: Duration,
    ) -> Result<(), Failure> {
        let silent = || late(Stage::Read, format!("nothing arrived for {} s", read.as_secs_f64()));
        self.sender.ready().await.map_err(|error| failed(&error))?;
        let length = hyper::body::Body::size_hint(request.body()).lower();
        self.mark.0.store(0, Relaxed);
        // Until hyper's task has written: the exchange may end before it does.
        attempt.timeline.sent = Some(clock::now());
        let response = tokio::time::timeout(read, self.sender.send_request(request)).await;
        attempt.bytes_sent = length;
        let response = response.map_err(|_| silent())?.map_err(|error| failed(&error))?;
        let (parts, mut body) = response.into_parts();
        let reply = attempt.response();
        let head = head(&parts, reply.keeps_headers());
        reply.begin_body(head, &read_now(0))?;
        let mut linger = None;
        loop {
            let limit = linger.map_or(read, |until: u64| {
                Duration::from_nanos(until.saturating_sub(clock::now()))
            });
            let frame = match tokio::time::timeout(limit, body.frame()).await {
                Ok(Some(frame)) => frame.map_err(|error| failed(&error))?,
                Ok(None) => break,
                // The end mark has come: the stream is reset instead of waiting for its last frame.
                Err(_) if linger.is_some() => return Ok(()),
                Err(_) => return Err(silent()),
            };
            if let Some(run) = frame.data_ref() {
                let read = read_now(run.len());
                attempt.feed(run, &read)?;
                attempt.after_read(run.len())?;
                if attempt.response().read_state.end_marked {
                    attempt.timeline.end = read.user;
                    linger.get_or_insert(read.user + clock::nanos(LINGER));
                }
            }
        }
        let end = read_now(0);
        attempt.timeline.end = end.user;
        attempt.response().peer_closed(&end)
    }
}

/// A read that happened now, timestamped in user space.
fn read_now(len: usize) -> TimestampedRead {
    let user = clock::now();
    TimestampedRead { len, kernel: None, user, offset: clock::wall_offset(user) }
}

/// The head of a response. The body ends with its stream, and the connection stays open.
fn head(parts: &http::response::Parts, keeps_headers: bool) -> ResponseHead {
    let mut head = ResponseHead::new(parts.status.as_u16(), keeps_headers);
    for (name, value) in &parts.headers {
        head.add(name.as_str(), value.as_bytes());
    }
    head
}

fn late(stage: Stage, text: String) -> Failure {
    Failure::new(Outcome::Timeout(stage), text)
}

fn failed(error: &hyper::Error) -> Failure {
    let outcome = if error.is_incomplete_message() {
        Outcome::Truncated
    } else if error.is_parse() {
        Outcome::Malformed
    } else {
        Outcome::Reset
    };
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    Failure::new(outcome, text)
}

/// A stream that marks the time of its first write.
struct Marked {
    stream: Stream,
    mark: Arc<SendMark>,
}

impl Marked {
    fn mark(&self) {
        if self.mark.0.load(Relaxed) == 0 {
            self.mark.0.store(clock::now(), Relaxed);
        }
    }
}

impl AsyncRead for Marked {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for Marked {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.mark();
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        parts: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.mark();
        Pin::new(&mut self.stream).poll_write_vectored(context, parts)
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests;
