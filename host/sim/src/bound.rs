//! Where the server listens: a TCP address, or a Unix socket with the file that is its place.

use crate::config::Config;
use crate::welcome::Accepted;
use loadwright_timing::socket;
use socket2::{Domain, SockAddr, Socket, Type};
use std::fs;
use std::io::{self, ErrorKind};
use std::net::{Ipv4Addr, SocketAddr, TcpListener as StdListener};
use std::os::fd::AsFd;
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::os::unix::net::UnixListener as StdUnixListener;
use std::path::{Path, PathBuf};
use tokio::net::{TcpListener, UnixListener};

/// Connections that may wait to be accepted.
const BACKLOG: i32 = 4096;

/// A bound socket, not yet in a runtime.
pub(crate) enum Bound {
    Tcp(StdListener),
    Unix(StdUnixListener, Place),
}

/// A listening socket.
pub(crate) enum Listener {
    Tcp(TcpListener),
    /// Its file goes with it.
    Unix(UnixListener, #[expect(dead_code, reason = "it acts when dropped")] Place),
}

/// The file of a Unix socket; removed when dropped, unless it has become another.
#[derive(Debug)]
pub(crate) struct Place {
    path: PathBuf,
    /// Device and inode.
    file: (u64, u64),
}

impl Bound {
    /// Binds what `config` names.
    ///
    /// # Errors
    /// See [`Server::start`](crate::Server::start).
    pub(crate) fn new(config: &Config) -> io::Result<Self> {
        match &config.unix_socket {
            None => tcp(config.listen).map(Self::Tcp),
            Some(path) => {
                make_way(path)?;
                let listener = StdUnixListener::bind(path)?;
                listener.set_nonblocking(true)?;
                let file = identity(&fs::symlink_metadata(path)?);
                Ok(Self::Unix(listener, Place { path: path.clone(), file }))
            }
        }
    }

    /// Where clients connect; for a Unix socket the address that was configured.
    pub(crate) fn address(&self, configured: SocketAddr) -> SocketAddr {
        match self {
            Self::Tcp(listener) => listener.local_addr().unwrap_or(configured),
            Self::Unix(..) => configured,
        }
    }

    /// Brings it into the runtime.
    pub(crate) fn listen(self) -> io::Result<Listener> {
        match self {
            Self::Tcp(listener) => TcpListener::from_std(listener).map(Listener::Tcp),
            Self::Unix(listener, place) => {
                UnixListener::from_std(listener).map(|listener| Listener::Unix(listener, place))
            }
        }
    }
}

/// A free loopback address, bound before the server that will listen there can be configured.
pub struct BoundAddress {
    pub(crate) bound: Bound,
    address: SocketAddr,
}

impl BoundAddress {
    /// Binds a free port.
    ///
    /// # Errors
    /// The system refuses.
    pub fn new() -> io::Result<Self> {
        let listener = tcp(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)))?;
        let address = listener.local_addr()?;
        Ok(Self { bound: Bound::Tcp(listener), address })
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

impl Drop for Place {
    fn drop(&mut self) {
        if fs::symlink_metadata(&self.path).is_ok_and(|found| identity(&found) == self.file) {
            // Where it cannot be removed, the next server finds that nobody listens on it.
            let _ = fs::remove_file(&self.path);
        }
    }
}

fn identity(file: &fs::Metadata) -> (u64, u64) {
    (file.dev(), file.ino())
}

/// Removes a socket that nobody listens on any more.
///
/// # Errors
/// `AlreadyExists`: something else is there. `AddrInUse`: somebody listens. Others: the system's.
fn make_way(path: &Path) -> io::Result<()> {
    let found = match fs::symlink_metadata(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        found => found?,
    };
    if !found.file_type().is_socket() {
        let text = format!("{} is there and is no socket", path.display());
        return Err(io::Error::new(ErrorKind::AlreadyExists, text));
    }
    if is_deserted(path)? {
        return fs::remove_file(path);
    }
    let text = format!("a server listens on {} already", path.display());
    Err(io::Error::new(ErrorKind::AddrInUse, text))
}

/// Whether nobody listens on a socket: only then a connection is refused. Nothing waits for a server
/// whose backlog is full.
fn is_deserted(path: &Path) -> io::Result<bool> {
    let client = Socket::new(Domain::UNIX, Type::STREAM, None)?;
    client.set_nonblocking(true)?;
    let tried = client.connect(&SockAddr::unix(path)?);
    Ok(tried.is_err_and(|error| error.kind() == ErrorKind::ConnectionRefused))
}

fn tcp(address: SocketAddr) -> io::Result<StdListener> {
    let listener = Socket::new(Domain::for_address(address), Type::STREAM, None)?;
    listener.set_reuse_address(true)?;
    listener.bind(&address.into())?;
    // What a client sends before it is accepted is dated too: accepted sockets inherit this.
    if socket::timestamps_available() {
        socket::enable_timestamps(listener.as_fd())?;
    }
    listener.listen(BACKLOG)?;
    listener.set_nonblocking(true)?;
    Ok(listener.into())
}
