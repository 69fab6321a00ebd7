//! The byte stream under a connection: reads with stamps, whole writes, a reset on demand.

use loadwright_timing::{clock, socket};
use std::cell::RefCell;
use std::io;
use std::os::fd::AsFd;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt, Interest};
use tokio::net::{TcpStream, UnixStream};
use tokio::time::timeout;
use tokio_rustls::server::TlsStream;

/// Bytes taken by one read at most.
const READ: usize = 64 * 1024;
/// Bytes taken from TLS by one read at most: a record.
const TLS_READ: usize = 16 * 1024;

thread_local! {
    /// Shared by a thread's connections, so that an idle one holds no buffer.
    static SCRATCH: RefCell<Vec<u8>> = RefCell::new(vec![0; READ]);
}

/// A connected socket.
#[derive(Debug)]
pub(crate) enum Socket {
    Tcp(TcpStream),
    Unix(UnixStream),
    /// Dated by the user stamp alone: records are read ahead.
    Tls(Box<TlsStream<TcpStream>>),
}

/// When bytes came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Stamp {
    /// The kernel's receive time; where there is none, as `user`.
    pub(crate) received: u64,
    /// The clock after the read.
    pub(crate) user: u64,
}

impl Socket {
    /// Appends what one read gives; none: the peer has closed.
    pub(crate) async fn read(&mut self, to: &mut Vec<u8>) -> io::Result<Option<Stamp>> {
        loop {
            let read = match self {
                Self::Tcp(stream) => {
                    stream.readable().await?;
                    stream.try_io(Interest::READABLE, || receive(stream.as_fd(), to))
                }
                Self::Unix(stream) => {
                    stream.readable().await?;
                    stream.try_io(Interest::READABLE, || receive(stream.as_fd(), to))
                }
                Self::Tls(stream) => {
                    to.reserve(TLS_READ);
                    let count = stream.read_buf(to).await?;
                    let now = clock::now();
                    Ok((count > 0).then_some(Stamp { received: now, user: now }))
                }
            };
            match read {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                read => return read,
            }
        }
    }

    /// Writes all of `bytes`.
    ///
    /// # Errors
    /// The peer is gone, or took no byte for so long.
    pub(crate) async fn write(&mut self, mut bytes: &[u8], patience: Duration) -> io::Result<()> {
        while !bytes.is_empty() {
            let written = match self {
                Self::Tcp(stream) => stream.try_write(bytes),
                Self::Unix(stream) => stream.try_write(bytes),
                Self::Tls(stream) => timeout(patience, stream.write(bytes)).await?,
            };
            match written {
                Ok(count) => bytes = &bytes[count..],
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    timeout(patience, self.writable()).await??;
                }
                Err(error) => return Err(error),
            }
        }
        match self {
            Self::Tls(stream) => timeout(patience, stream.flush()).await?,
            Self::Tcp(_) | Self::Unix(_) => Ok(()),
        }
    }

    async fn writable(&self) -> io::Result<()> {
        match self {
            Self::Tcp(stream) => stream.writable().await,
            Self::Unix(stream) => stream.writable().await,
            Self::Tls(stream) => stream.get_ref().0.writable().await,
        }
    }

    /// Makes the coming close a reset: what is unsent is thrown away.
    pub(crate) fn reset_on_close(&self) -> io::Result<()> {
        match self {
            Self::Tcp(stream) => socket2::SockRef::from(stream).set_linger(Some(Duration::ZERO)),
            Self::Tls(stream) => {
                socket2::SockRef::from(stream.get_ref().0).set_linger(Some(Duration::ZERO))
            }
            Self::Unix(_) => Ok(()),
        }
    }
}

fn receive(from: std::os::fd::BorrowedFd<'_>, to: &mut Vec<u8>) -> io::Result<Option<Stamp>> {
    SCRATCH.with_borrow_mut(|scratch| {
        let read = socket::recv(from, scratch)?;
        to.extend_from_slice(&scratch[..read.len]);
        let stamp = Stamp { received: read.kernel.unwrap_or(read.user), user: read.user };
        Ok((read.len > 0).then_some(stamp))
    })
}
