//! A TCP socket in a runtime's poller whose reads carry stamps. What runs over it, TLS or HTTP, is
//! for its owner.

use crate::{gather, socket};
use std::io::{self, IoSlice};
use std::os::fd::AsFd as _;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use tokio::io::{AsyncRead, AsyncWrite, Interest, ReadBuf};
use tokio::net::TcpStream;

/// A TCP socket that remembers the stamps of its last read.
#[derive(Debug)]
pub struct Stamped {
    socket: TcpStream,
    last: socket::Read,
    /// When the reply at hand was last read; none: nothing of it has come since the last write.
    heard: Option<u64>,
}

impl Stamped {
    /// Of a socket on which stamps were asked for ([`socket::enable`]) or are not to be had.
    pub fn new(socket: TcpStream) -> Self {
        Self { socket, last: socket::Read::default(), heard: None }
    }

    /// The stamps of the last read, and its length.
    pub fn last(&self) -> socket::Read {
        self.last
    }

    /// One read into the front of `buffer`; [`last`](Self::last) says what it gave.
    ///
    /// # Errors
    /// As `recvmsg`.
    pub fn poll_recv(
        &mut self,
        context: &mut Context<'_>,
        buffer: &mut [u8],
    ) -> Poll<io::Result<()>> {
        loop {
            ready!(self.socket.poll_read_ready(context))?;
            let mut got = None;
            let result = self.socket.try_io(Interest::READABLE, || {
                let read = socket::recv(self.socket.as_fd(), buffer)?;
                got = Some(read);
                // A read that did not fill the buffer has emptied the socket. Saying so spares the
                // system call that would only answer EAGAIN; the poller is edge-triggered, so what
                // arrives later wakes this task again.
                let emptied = read.len > 0 && read.len < buffer.len();
                if emptied { Err(io::ErrorKind::WouldBlock.into()) } else { Ok(()) }
            });
            match (got, result) {
                (Some(mut read), _) => {
                    // A stream's bytes arrive in order, whatever the offset between the clocks.
                    read.kernel =
                        read.kernel.max(self.last.kernel.filter(|_| read.kernel.is_some()));
                    if let Some(before) = self.heard.replace(read.user) {
                        gather::saw(read.user - before);
                    }
                    self.last = read;
                    return Poll::Ready(Ok(()));
                }
                (None, Err(error)) if error.kind() == io::ErrorKind::WouldBlock => {}
                (None, Err(error)) => return Poll::Ready(Err(error)),
                (None, Ok(())) => unreachable!("a successful read leaves what it got"),
            }
        }
    }
}

impl AsyncRead for Stamped {
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

impl AsyncWrite for Stamped {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        // What a connection idles between two exchanges is no gap of a stream.
        self.heard = None;
        Pin::new(&mut self.socket).poll_write(context, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        parts: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.heard = None;
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
