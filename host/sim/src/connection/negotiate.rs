//! Negotiates what an accepted connection speaks: TLS or not, HTTP/1.1 or HTTP/2.

use super::{http1, http2};
use crate::http::socket::Socket;
use crate::listener::Accepted;
use crate::service::Service;
use loadwright_timing::{clock, socket};
use std::io;
use std::os::fd::AsFd;
use std::sync::Arc;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;

/// The start of the HTTP/2 connection preface (RFC 9113, section 3.4), as far as it takes to tell it
/// from HTTP/1.1.
const PREFACE: &[u8] = b"PRI";

/// Nanoseconds between looks at a preface that is incomplete.
const PEEK_INTERVAL: u64 = 10_000_000;

/// Serves a connection until it closes.
pub(crate) async fn serve(accepted: Accepted, tls: Option<TlsAcceptor>, service: Arc<Service>) {
    let number = service.truth.count_connection();
    let stream = match accepted {
        Accepted::Unix(stream) => {
            return http1::serve(Socket::Unix(stream), number, service).await;
        }
        Accepted::Tcp(stream) => stream,
    };
    if configure(&stream).is_err() {
        return;
    }
    // The rarer branches are boxed, so that the task of a plain connection stays small.
    if let Some(acceptor) = tls {
        return Box::pin(serve_tls(stream, number, acceptor, service)).await;
    }
    if service.config.http2 && starts_http2(&stream, &service).await.unwrap_or(false) {
        return Box::pin(http2::serve(stream, number, service)).await;
    }
    http1::serve(Socket::Tcp(stream), number, service).await;
}

/// Sets TCP_NODELAY, and kernel timestamps where available.
fn configure(stream: &TcpStream) -> io::Result<()> {
    stream.set_nodelay(true)?;
    if socket::timestamps_available() { socket::enable_timestamps(stream.as_fd()) } else { Ok(()) }
}

/// Whether the client starts with the HTTP/2 preface. Its bytes may arrive one by one, and bytes that
/// were only peeked at do not make the socket readable again; hence the polling.
async fn starts_http2(stream: &TcpStream, service: &Service) -> io::Result<bool> {
    let mut first = [0; PREFACE.len()];
    loop {
        let count = stream.peek(&mut first).await?;
        if count == 0 || !PREFACE.starts_with(&first[..count]) {
            return Ok(false);
        }
        if count == PREFACE.len() {
            return Ok(true);
        }
        service.timer.until(clock::now() + PEEK_INTERVAL).await;
    }
}

async fn serve_tls(stream: TcpStream, number: u64, acceptor: TlsAcceptor, service: Arc<Service>) {
    let handshake = timeout(service.config.client_timeout, acceptor.accept(stream)).await;
    // The client learns of a failed handshake from TLS itself.
    let Ok(Ok(stream)) = handshake else { return };
    if stream.get_ref().1.alpn_protocol() == Some(b"h2") {
        return http2::serve(stream, number, service).await;
    }
    http1::serve(Socket::Tls(Box::new(stream)), number, service).await;
}
