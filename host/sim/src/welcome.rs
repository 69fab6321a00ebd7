//! What an accepted connection speaks: TLS or not, HTTP/1.1 or HTTP/2.

use crate::service::Service;
use crate::socket::Socket;
use crate::{connection, http2};
use loadwright_timing::{clock, socket};
use std::io;
use std::os::fd::AsFd;
use std::sync::Arc;
use tokio::net::{TcpStream, UnixStream};
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;

/// How a client that knows that the server speaks HTTP/2 begins (RFC 9113, section 3.4), as far as
/// it takes to tell it from HTTP/1.1.
const PREFACE: &[u8] = b"PRI";

/// Nanoseconds until a beginning that was not whole is looked at again.
const AGAIN: u64 = 10_000_000;

/// A connection as accepted.
#[derive(Debug)]
pub(crate) enum Accepted {
    Tcp(TcpStream),
    Unix(UnixStream),
}

/// Serves a connection to its end; errors are the client's leaving.
pub(crate) async fn welcome(accepted: Accepted, service: Arc<Service>) {
    let number = service.log.connection();
    let stream = match accepted {
        Accepted::Unix(stream) => {
            return connection::serve(Socket::Unix(stream), number, service).await;
        }
        Accepted::Tcp(stream) => stream,
    };
    if ready(&stream).is_err() {
        return;
    }
    // The rarer ways are boxed, so that a plain connection's task stays small.
    if let Some(acceptor) = service.tls.clone() {
        return Box::pin(encrypted(stream, number, acceptor, service)).await;
    }
    if service.config.http2 && knows_http2(&stream, &service).await.unwrap_or(false) {
        return Box::pin(http2::serve(stream, number, service)).await;
    }
    connection::serve(Socket::Tcp(stream), number, service).await;
}

/// No delay, and kernel stamps where they are to be had.
fn ready(stream: &TcpStream) -> io::Result<()> {
    stream.set_nodelay(true)?;
    if socket::timestamps_available() { socket::enable_timestamps(stream.as_fd()) } else { Ok(()) }
}

/// Whether the client begins as one does that knows. Its first bytes may come one by one, and what
/// is only peeked at wakes nobody a second time.
async fn knows_http2(stream: &TcpStream, service: &Service) -> io::Result<bool> {
    let mut first = [0; PREFACE.len()];
    loop {
        let count = stream.peek(&mut first).await?;
        if count == 0 || !PREFACE.starts_with(&first[..count]) {
            return Ok(false);
        }
        if count == PREFACE.len() {
            return Ok(true);
        }
        service.timer.until(clock::now() + AGAIN).await;
    }
}

async fn encrypted(stream: TcpStream, number: u64, acceptor: TlsAcceptor, service: Arc<Service>) {
    let handshake = timeout(service.config.client_timeout, acceptor.accept(stream)).await;
    // A failed handshake is the client's affair: it knows why.
    let Ok(Ok(stream)) = handshake else { return };
    if stream.get_ref().1.alpn_protocol() == Some(b"h2") {
        return http2::serve(stream, number, service).await;
    }
    connection::serve(Socket::Tls(Box::new(stream)), number, service).await;
}
