//! Opens connections and takes the time of every phase: name lookup, TCP, TLS.

use super::endpoint::Endpoint;
use super::handshake;
use super::stream::Stream;
use super::tls;
use crate::error::{EngineError, TlsError};
use crate::messages::Failure;
use loadwright_core::Nanos;
use loadwright_core::outcome::{Outcome, Stage};
use loadwright_core::plan::{Plan, TimestampSource};
use loadwright_core::timeline::Connect;
use loadwright_timing::read_batcher::ReadBatcher;
use loadwright_timing::stream::TimestampedStream;
use loadwright_timing::thread::spawn;
use loadwright_timing::{clock, socket};
use rustls_pki_types::ServerName;
use std::io;
use std::net::{SocketAddr, ToSocketAddrs as _};
use std::os::fd::AsFd as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpStream, UnixStream};
use tokio::sync::{OnceCell, oneshot};
use tokio_rustls::TlsConnector;

/// Opens connections to one endpoint; shared by the engine threads of a point.
pub(crate) struct Connector {
    pub(crate) endpoint: Endpoint,
    tls: Option<(TlsConnector, ServerName<'static>)>,
    http2: bool,
    timestamping: bool,
    timeout: Duration,
    /// The endpoint's addresses, looked up once per point: thousands of streams would otherwise
    /// measure the resolver.
    addresses: OnceCell<Vec<SocketAddr>>,
    opened: AtomicU64,
}

/// A new connection.
pub(crate) struct Opened {
    /// Its byte stream.
    pub(crate) stream: Stream,
    /// When its phases were complete.
    pub(crate) phases: Connect,
    /// Its number, from 1 on in each point.
    pub(crate) id: u64,
}

impl Connector {
    /// A connector for `plan`'s target.
    ///
    /// # Errors
    /// The URL or the certificates cannot be used.
    pub(crate) fn new(plan: &Plan) -> Result<Self, EngineError> {
        let endpoint = Endpoint::new(&plan.target)?;
        let tls = if endpoint.tls {
            let name = ServerName::try_from(endpoint.host.clone())
                .map_err(|error| TlsError::Config(error.to_string()))?;
            Some((TlsConnector::from(tls::config(&plan.target)?), name))
        } else {
            None
        };
        Ok(Self {
            endpoint,
            tls,
            http2: plan.target.http2,
            timestamping: plan.engine.timestamps == TimestampSource::Kernel
                && socket::timestamps_available(),
            timeout: plan.timeouts.connect,
            addresses: OnceCell::new(),
            opened: AtomicU64::new(0),
        })
    }

    /// Whether reads of this connector's connections carry kernel timestamps.
    pub(crate) fn kernel_timestamps(&self) -> bool {
        self.timestamping && self.endpoint.unix_socket.is_none() && !self.http2
    }

    /// Whether HTTP/2 is used.
    pub(crate) fn http2(&self) -> bool {
        self.http2
    }

    /// Opens a connection for an exchange that is to be over at `until`. Its reads are recorded by
    /// `batcher`.
    ///
    /// # Errors
    /// The connection could not be opened.
    pub(crate) async fn open(
        &self,
        until: Nanos,
        batcher: &Arc<ReadBatcher>,
    ) -> Result<Opened, Failure> {
        let start = clock::now();
        let mut phases = Connect { start, ..Connect::default() };
        let left = Duration::from_nanos(until.saturating_sub(start));
        let (limit, stage) =
            if left < self.timeout { (left, Stage::Total) } else { (self.timeout, Stage::Connect) };
        let stream = tokio::time::timeout(limit, self.phases(&mut phases, batcher))
            .await
            .unwrap_or_else(|_| {
                let limit = limit.as_secs_f64();
                let text = format!("no connection to {} within {limit} s", self.endpoint.name());
                Err(Failure::new(Outcome::Timeout(stage), text))
            })?;
        let id = self.opened.fetch_add(1, Ordering::Relaxed) + 1;
        Ok(Opened { stream, phases, id })
    }

    async fn phases(
        &self,
        phases: &mut Connect,
        batcher: &Arc<ReadBatcher>,
    ) -> Result<Stream, Failure> {
        if let Some(path) = &self.endpoint.unix_socket {
            let unix = UnixStream::connect(path)
                .await
                .map_err(|error| Failure::connecting(&error, &self.endpoint.name()))?;
            phases.connected = clock::now();
            return Ok(Stream::Unix(unix));
        }
        let mut tcp = self.tcp(phases).await?;
        phases.connected = clock::now();
        let Some((connector, name)) = &self.tls else {
            return Ok(Stream::Tcp(TimestampedStream::new(tcp, Arc::clone(batcher))));
        };
        self.tunnel(&mut tcp).await?;
        let tcp = TimestampedStream::new(tcp, Arc::clone(batcher));
        let tls = connector.connect(name.clone(), tcp).await.map_err(|error| {
            let text = handshake::error_text(&error, &self.endpoint.host);
            Failure::new(Outcome::Tls, format!("TLS handshake: {text}"))
        })?;
        phases.tls = Some(clock::now());
        let stream = Stream::Tls(Box::new(tls));
        if self.http2 && !stream.agreed_http2() {
            let text = "the server did not agree to HTTP/2; leave out --http2";
            return Err(Failure::new(Outcome::Tls, text));
        }
        Ok(stream)
    }

    async fn tcp(&self, phases: &mut Connect) -> Result<TcpStream, Failure> {
        let fresh = !self.addresses.initialized();
        let addresses = self.addresses.get_or_try_init(|| self.lookup()).await?;
        let (host, _) = self.peer();
        if fresh && host.parse::<std::net::IpAddr>().is_err() {
            phases.resolved = Some(clock::now());
        }
        let mut last = io::Error::from(io::ErrorKind::NotFound);
        for address in addresses {
            match TcpStream::connect(address).await {
                Ok(tcp) => return self.prepare(tcp),
                Err(error) => last = error,
            }
        }
        Err(Failure::connecting(&last, &self.endpoint.name()))
    }

    fn prepare(&self, tcp: TcpStream) -> Result<TcpStream, Failure> {
        let prepared = tcp.set_nodelay(true).and_then(|()| {
            if self.timestamping { socket::enable_timestamps(tcp.as_fd()) } else { Ok(()) }
        });
        prepared.map_err(|error| Failure::connecting(&error, &self.endpoint.name()))?;
        Ok(tcp)
    }

    async fn lookup(&self) -> Result<Vec<SocketAddr>, Failure> {
        let (host, port) = self.peer();
        if let Ok(address) = host.parse() {
            return Ok(vec![SocketAddr::new(address, port)]);
        }
        let failed = |text: String| Failure::new(Outcome::Dns, text);
        let (answer, answered) = oneshot::channel();
        let name = (host.to_owned(), port);
        // On a detached thread: a resolver may take minutes.
        let resolve = move || {
            let found = name.to_socket_addrs().map(Iterator::collect::<Vec<_>>);
            // The connection attempt may have timed out.
            let _ = answer.send(found);
        };
        spawn("lookup", resolve)
            .map_err(|error| Failure::new(Outcome::LocalLimit, error.to_string()))?;
        let found = answered
            .await
            .map_err(|_| failed(format!("looking up {host}: the thread that did it panicked")))?
            .map_err(|error| failed(format!("looking up {host}: {error}")))?;
        if found.is_empty() { Err(failed(format!("{host} has no address"))) } else { Ok(found) }
    }

    /// Host and port of the TCP connection: those of the proxy, or of the endpoint.
    fn peer(&self) -> (&str, u16) {
        match &self.endpoint.proxy {
            Some(proxy) => (&proxy.host, proxy.port),
            None => (&self.endpoint.host, self.endpoint.port),
        }
    }

    /// Requests a tunnel from the proxy, if there is one (RFC 9110, 9.3.6).
    async fn tunnel(&self, tcp: &mut TcpStream) -> Result<(), Failure> {
        let Some(proxy) = &self.endpoint.proxy else { return Ok(()) };
        let host = self.endpoint.url.host_str().unwrap_or_default();
        let to = format!("{host}:{}", self.endpoint.port);
        let mut request = format!("CONNECT {to} HTTP/1.1\r\nhost: {to}\r\n");
        if let Some(authorization) = &proxy.authorization {
            request.push_str(&format!("proxy-authorization: {authorization}\r\n"));
        }
        request.push_str("\r\n");
        let answer = exchange_heads(tcp, request.as_bytes())
            .await
            .map_err(|error| Failure::connecting(&error, &self.endpoint.name()))?;
        let accepted = answer.split(' ').nth(1).is_some_and(|status| status.starts_with('2'));
        if accepted {
            return Ok(());
        }
        let line = answer.lines().next().unwrap_or_default();
        Err(Failure::new(Outcome::Connect, format!("the proxy refused a tunnel to {to}: {line}")))
    }
}

/// Sends `request` and reads the head of the reply, at most 16 KiB. Byte by byte, so that nothing
/// after the head is consumed.
async fn exchange_heads(tcp: &mut TcpStream, request: &[u8]) -> io::Result<String> {
    tcp.write_all(request).await?;
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") && head.len() < 16 * 1024 {
        head.push(tcp.read_u8().await?);
    }
    Ok(String::from_utf8_lossy(&head).into_owned())
}
