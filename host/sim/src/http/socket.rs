//! The byte stream under a connection: timestamped reads, complete writes, reset on close.

use crate::http::request::ReceiveTime;
use loadwright_timing::{clock, socket};
use std::cell::RefCell;
use std::io;
use std::os::fd::AsFd;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt, Interest};
use tokio::net::{TcpStream, UnixStream};
use tokio::time::timeout;
use tokio_rustls::server::TlsStream;

/// Maximum size of one read in bytes.
const READ_SIZE: usize = 64 * 1024;
/// Maximum size of one read from TLS in bytes: a record.
const TLS_READ_SIZE: usize = 16 * 1024;

thread_local! {
    /// Shared by the connections of a thread, so that an idle one needs no buffer.
    static SCRATCH: RefCell<Vec<u8>> = RefCell::new(vec![0; READ_SIZE]);
}

/// A connected socket.
#[derive(Debug)]
pub(crate) enum Socket {
    Tcp(TcpStream),
    Unix(UnixStream),
    /// Has no kernel timestamps: TLS reads ahead.
    Tls(Box<TlsStream<TcpStream>>),
}

impl Socket {
    /// Appends what one read returns; none: the peer has closed.
    pub(crate) async fn read(&mut self, to: &mut Vec<u8>) -> io::Result<Option<ReceiveTime>> {
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
                    to.reserve(TLS_READ_SIZE);
                    let count = stream.read_buf(to).await?;
                    let now = clock::now();
                    Ok((count > 0).then_some(ReceiveTime { kernel: now, user: now }))
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
    /// The peer has disconnected, or read nothing for `write_timeout`.
    pub(crate) async fn write(
        &mut self,
        mut bytes: &[u8],
        write_timeout: Duration,
    ) -> io::Result<()> {
        while !bytes.is_empty() {
            let written = match self {
                Self::Tcp(stream) => stream.try_write(bytes),
                Self::Unix(stream) => stream.try_write(bytes),
                Self::Tls(stream) => timeout(write_timeout, stream.write(bytes)).await?,
            };
            match written {
                Ok(count) => bytes = &bytes[count..],
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    timeout(write_timeout, self.writable()).await??;
                }
                Err(error) => return Err(error),
            }
        }
        match self {
            Self::Tls(stream) => timeout(write_timeout, stream.flush()).await?,
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

    /// Makes the next close a reset, which discards unsent bytes.
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

fn receive(from: std::os::fd::BorrowedFd<'_>, to: &mut Vec<u8>) -> io::Result<Option<ReceiveTime>> {
    SCRATCH.with_borrow_mut(|scratch| {
        let read = socket::recv(from, scratch)?;
        to.extend_from_slice(&scratch[..read.len]);
        let time = ReceiveTime { kernel: read.kernel.unwrap_or(read.user), user: read.user };
        Ok((read.len > 0).then_some(time))
    })
}
