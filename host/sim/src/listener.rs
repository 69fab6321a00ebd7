//! The listening socket: TCP, or a Unix socket and its file.

use crate::config::Config;
use loadwright_timing::socket;
use socket2::{Domain, SockAddr, Socket, Type};
use std::fs;
use std::io::{self, ErrorKind};
use std::net::{Ipv4Addr, SocketAddr, TcpListener as StdListener};
use std::os::fd::AsFd;
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::os::unix::net::UnixListener as StdUnixListener;
use std::path::{Path, PathBuf};
use tokio::net::{TcpListener, TcpStream, UnixListener, UnixStream};

/// Maximum number of connections that wait to be accepted.
const BACKLOG: i32 = 4096;

/// A bound socket that is not registered with a runtime yet.
pub(crate) enum BoundListener {
    Tcp(StdListener),
    Unix(StdUnixListener, SocketFile),
}

/// A listening socket.
pub(crate) enum Listener {
    Tcp(TcpListener),
    /// Its file is removed with it.
    Unix(UnixListener, #[expect(dead_code, reason = "it acts when dropped")] SocketFile),
}

/// An accepted connection.
#[derive(Debug)]
pub(crate) enum Accepted {
    Tcp(TcpStream),
    Unix(UnixStream),
}

/// The file of a Unix socket; removed when dropped, unless it was replaced by another.
#[derive(Debug)]
pub(crate) struct SocketFile {
    path: PathBuf,
    identity: FileIdentity,
}

/// What distinguishes a file from any other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct FileIdentity {
    device: u64,
    inode: u64,
}

impl BoundListener {
    /// Binds the socket that `config` names.
    ///
    /// # Errors
    /// See [`Server::start`](crate::Server::start).
    pub(crate) fn new(config: &Config) -> io::Result<Self> {
        match &config.unix_socket {
            None => tcp(config.listen).map(Self::Tcp),
            Some(path) => {
                remove_stale_socket(path)?;
                let listener = StdUnixListener::bind(path)?;
                listener.set_nonblocking(true)?;
                let identity = FileIdentity::of(&fs::symlink_metadata(path)?);
                Ok(Self::Unix(listener, SocketFile { path: path.clone(), identity }))
            }
        }
    }

    /// Where clients connect; for a Unix socket, the configured address.
    pub(crate) fn address(&self, configured: SocketAddr) -> SocketAddr {
        match self {
            Self::Tcp(listener) => listener.local_addr().unwrap_or(configured),
            Self::Unix(..) => configured,
        }
    }

    /// Registers it with the current runtime.
    pub(crate) fn listen(self) -> io::Result<Listener> {
        match self {
            Self::Tcp(listener) => TcpListener::from_std(listener).map(Listener::Tcp),
            Self::Unix(listener, file) => {
                UnixListener::from_std(listener).map(|listener| Listener::Unix(listener, file))
            }
        }
    }
}

/// A free loopback port, bound before the server that listens on it is configured.
pub struct BoundAddress {
    pub(crate) bound: BoundListener,
    address: SocketAddr,
}

impl BoundAddress {
    /// Binds a free port.
    ///
    /// # Errors
    /// From the system.
    pub fn new() -> io::Result<Self> {
        let listener = tcp(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)))?;
        let address = listener.local_addr()?;
        Ok(Self { bound: BoundListener::Tcp(listener), address })
    }

    /// The address.
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Listener {
    pub(crate) async fn accept(&self) -> io::Result<Accepted> {
        match self {
            Self::Tcp(listener) => Ok(Accepted::Tcp(listener.accept().await?.0)),
            Self::Unix(listener, _) => Ok(Accepted::Unix(listener.accept().await?.0)),
        }
    }
}

impl Drop for SocketFile {
    fn drop(&mut self) {
        if fs::symlink_metadata(&self.path)
            .is_ok_and(|found| FileIdentity::of(&found) == self.identity)
        {
            // If it cannot be removed, the next server finds a stale socket.
            let _ = fs::remove_file(&self.path);
        }
    }
}

impl FileIdentity {
    fn of(file: &fs::Metadata) -> Self {
        Self { device: file.dev(), inode: file.ino() }
    }
}

/// Removes a socket file that no server listens on any more.
///
/// # Errors
/// `AlreadyExists`: the path is not a socket. `AddrInUse`: a server listens on it. Others: from the
/// system.
fn remove_stale_socket(path: &Path) -> io::Result<()> {
    let found = match fs::symlink_metadata(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        found => found?,
    };
    if !found.file_type().is_socket() {
        let text = format!("{} exists and is not a socket", path.display());
        return Err(io::Error::new(ErrorKind::AlreadyExists, text));
    }
    if is_stale(path)? {
        return fs::remove_file(path);
    }
    let text = format!("a server is already listening on {}", path.display());
    Err(io::Error::new(ErrorKind::AddrInUse, text))
}

/// Whether no server listens on a socket: only then is a connection refused. It does not block on a
/// server whose backlog is full.
fn is_stale(path: &Path) -> io::Result<bool> {
    let client = Socket::new(Domain::UNIX, Type::STREAM, None)?;
    client.set_nonblocking(true)?;
    let tried = client.connect(&SockAddr::unix(path)?);
    Ok(tried.is_err_and(|error| error.kind() == ErrorKind::ConnectionRefused))
}

fn tcp(address: SocketAddr) -> io::Result<StdListener> {
    let listener = Socket::new(Domain::for_address(address), Type::STREAM, None)?;
    listener.set_reuse_address(true)?;
    listener.bind(&address.into())?;
    // Accepted sockets inherit this, so that bytes sent before the accept have timestamps too.
    if socket::timestamps_available() {
        socket::enable_timestamps(listener.as_fd())?;
    }
    listener.listen(BACKLOG)?;
    listener.set_nonblocking(true)?;
    Ok(listener.into())
}
