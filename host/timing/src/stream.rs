//! A TCP socket in a runtime's poller whose reads carry timestamps. What runs over it, TLS or HTTP,
//! is up to its owner.

use crate::read_batcher::ReadBatcher;
use crate::socket::{self, TimestampedRead};
use std::io::{self, IoSlice};
use std::os::fd::AsFd as _;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use tokio::io::{AsyncRead, AsyncWrite, Interest, ReadBuf};
use tokio::net::TcpStream;

/// A TCP socket that keeps the timestamps of its last read.
#[derive(Debug)]
pub struct TimestampedStream {
    socket: TcpStream,
    last: TimestampedRead,
    /// When the reply at hand was last read; none: nothing of it has come since the last write.
    continued: Option<u64>,
    batcher: Arc<ReadBatcher>,
}

impl TimestampedStream {
    /// Reads of `socket` carry kernel timestamps if they were asked for
    /// ([`socket::enable_timestamps`]). `batcher` is that of the thread that reads it, and records
    /// the reads that continue a reply.
    pub fn new(socket: TcpStream, batcher: Arc<ReadBatcher>) -> Self {
        Self { socket, last: TimestampedRead::default(), continued: None, batcher }
    }

    /// The timestamps of the last read, and its length.
    pub fn last(&self) -> TimestampedRead {
        self.last
    }

    /// One read into the front of `buffer`; [`last`](Self::last) is its result.
    ///
    /// # Errors
    /// Those of `recvmsg`.
    pub fn poll_recv(
        &mut self,
        context: &mut Context<'_>,
        buffer: &mut [u8],
    ) -> Poll<io::Result<()>> {
        loop {
            ready!(self.socket.poll_read_ready(context))?;
            let mut received = None;
            let result = self.socket.try_io(Interest::READABLE, || {
                let read = socket::recv(self.socket.as_fd(), buffer)?;
                received = Some(read);
                // A read that did not fill the buffer has emptied the socket. Saying so saves the
                // system call that would only return EAGAIN; the poller is edge-triggered, so what
                // arrives later wakes this task again.
                let emptied = read.len > 0 && read.len < buffer.len();
                if emptied { Err(io::ErrorKind::WouldBlock.into()) } else { Ok(()) }
            });
            match (received, result) {
                (Some(read), _) => {
                    self.keep(read);
                    return Poll::Ready(Ok(()));
                }
                (None, Err(error)) if error.kind() != io::ErrorKind::WouldBlock => {
                    return Poll::Ready(Err(error));
                }
                (None, _) => {}
            }
        }
    }

    fn keep(&mut self, mut read: TimestampedRead) {
        // The bytes of a stream arrive in order, whatever the offset between the clocks.
        read.kernel = read.kernel.max(self.last.kernel.filter(|_| read.kernel.is_some()));
        if let Some(before) = self.continued.replace(read.user) {
            self.batcher.record(read.user - before);
        }
        self.last = read;
    }
}

impl AsyncRead for TimestampedStream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        ready!(self.poll_recv(context, buffer.initialize_unfilled()))?;
        buffer.advance(self.last.len);
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for TimestampedStream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        // The idle time between two exchanges is not a gap within a reply.
        self.continued = None;
        Pin::new(&mut self.socket).poll_write(context, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        parts: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.continued = None;
        Pin::new(&mut self.socket).poll_write_vectored(context, parts)
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_shutdown(context)
    }
}
