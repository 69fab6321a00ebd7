//! The byte stream of one connection: plain TCP, TLS over TCP, or a Unix socket. Its reads carry
//! timestamps.
//!
//! Under TLS these are the timestamps of the socket read below the record layer. A caller consumes
//! what one read gave before it reads again, so that timestamps belong to their bytes.

use loadwright_timing::clock;
use loadwright_timing::socket::TimestampedRead;
use loadwright_timing::stream::TimestampedStream;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use tokio::io::{AsyncBufRead as _, AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::UnixStream;
use tokio_rustls::client::TlsStream;

/// The byte stream of one connection.
pub(crate) enum Stream {
    Tcp(TimestampedStream),
    Tls(Box<TlsStream<TimestampedStream>>),
    Unix(UnixStream),
}

impl Stream {
    /// One read into the front of `buffer`; `read` says how much and when.
    pub(crate) fn poll_recv(
        &mut self,
        context: &mut Context<'_>,
        buffer: &mut [u8],
        read: &mut TimestampedRead,
    ) -> Poll<io::Result<()>> {
        match self {
            Self::Tcp(tcp) => {
                ready!(tcp.poll_recv(context, buffer))?;
                *read = tcp.last();
            }
            Self::Tls(tls) => {
                // No more than one record: reading on would replace the timestamps.
                let mut tls = Pin::new(&mut **tls);
                let record = ready!(tls.as_mut().poll_fill_buf(context))?;
                let len = record.len().min(buffer.len());
                buffer[..len].copy_from_slice(&record[..len]);
                tls.as_mut().consume(len);
                *read = TimestampedRead { len, ..tls.get_ref().0.last() };
            }
            Self::Unix(unix) => {
                let len = ready!(poll_fill(Pin::new(unix), context, buffer))?;
                let user = clock::now();
                let offset = clock::wall_offset(user);
                *read = TimestampedRead { len, kernel: None, user, offset };
            }
        }
        Poll::Ready(Ok(()))
    }

    /// Writes as much of `parts` as fits.
    pub(crate) fn poll_send(
        &mut self,
        context: &mut Context<'_>,
        parts: &[IoSlice<'_>; 2],
    ) -> Poll<io::Result<usize>> {
        match parts {
            [one, none] if none.is_empty() => Pin::new(self).poll_write(context, one),
            both => Pin::new(self).poll_write_vectored(context, both),
        }
    }

    /// Flushes what was written but not yet handed to the kernel; 0: nothing is left.
    pub(crate) fn poll_flush(&mut self, context: &mut Context<'_>) -> Poll<io::Result<usize>> {
        AsyncWrite::poll_flush(Pin::new(self), context).map_ok(|()| 0)
    }

    /// Whether the TLS handshake negotiated HTTP/2.
    pub(crate) fn agreed_http2(&self) -> bool {
        match self {
            Self::Tls(tls) => tls.get_ref().1.alpn_protocol() == Some(b"h2"),
            Self::Tcp(_) | Self::Unix(_) => false,
        }
    }
}

fn poll_fill<S: AsyncRead>(
    stream: Pin<&mut S>,
    context: &mut Context<'_>,
    buffer: &mut [u8],
) -> Poll<io::Result<usize>> {
    let mut buffer = ReadBuf::new(buffer);
    ready!(stream.poll_read(context, &mut buffer))?;
    Poll::Ready(Ok(buffer.filled().len()))
}

/// Calls the same method on whichever stream this is.
macro_rules! each {
    ($self:expr, $stream:ident => $call:expr) => {
        match $self.get_mut() {
            Stream::Tcp($stream) => $call,
            Stream::Tls(tls) => {
                let $stream = &mut **tls;
                $call
            }
            Stream::Unix($stream) => $call,
        }
    };
}

impl AsyncRead for Stream {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        each!(self, stream => Pin::new(stream).poll_read(context, buffer))
    }
}

impl AsyncWrite for Stream {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        each!(self, stream => Pin::new(stream).poll_write(context, bytes))
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        parts: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        each!(self, stream => Pin::new(stream).poll_write_vectored(context, parts))
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        each!(self, stream => Pin::new(stream).poll_flush(context))
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        each!(self, stream => Pin::new(stream).poll_shutdown(context))
    }
}
