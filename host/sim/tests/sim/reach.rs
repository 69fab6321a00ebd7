//! Ways to reach the server and ways to lose it: TLS, HTTP/2, Unix sockets, pauses, the stop.

use crate::client::{Client, events, find};
use crate::{CHAT, chat, fast, start};
use http_body_util::{BodyExt, Full};
use hyper_util::rt::{TokioExecutor, TokioIo};
use loadwright_sim::{Config, Fault, Model, Script, Server};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::Duration;

const LIMIT: Duration = Duration::from_secs(30);

/// A client's TLS that trusts the server's certificate and nothing else.
fn trusting(server: &Server, alpn: &[u8]) -> rustls::ClientConfig {
    let pem = server.certificate().unwrap();
    let mut roots = rustls::RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(pem.as_bytes()).unwrap()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![alpn.to_vec()];
    config
}

fn request() -> Vec<u8> {
    let body = chat(5).to_string();
    let length = body.len();
    format!("POST {CHAT} HTTP/1.1\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n{body}")
        .into_bytes()
}

fn tokens_in(bytes: &[u8]) -> usize {
    bytes.windows(11).filter(|window| window == b"\"content\":\"").count()
}

#[test]
fn tls_uses_a_certificate_that_can_be_trusted() {
    let server = start(Config { tls: true, ..fast() });
    assert!(server.url().starts_with("https://127.0.0.1:"));
    let name = ServerName::try_from("127.0.0.1").unwrap();
    let config = Arc::new(trusting(&server, b"http/1.1"));
    let mut tls = rustls::ClientConnection::new(config, name).unwrap();
    let mut socket = TcpStream::connect(server.address()).unwrap();
    let mut stream = rustls::Stream::new(&mut tls, &mut socket);
    stream.write_all(&request()).unwrap();
    let mut reply = Vec::new();
    // The server closes without a farewell, which TLS reports.
    let _ended: std::io::Result<usize> = stream.read_to_end(&mut reply);
    assert_eq!(tokens_in(&reply), 5);
    assert!(find(&reply, b"[DONE]").is_some());
}

/// The body of a chat over an HTTP/2 connection, or why there is none.
async fn over_http2<S>(stream: S, authority: &str) -> Result<Vec<u8>, hyper::Error>
where
    S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin + Send + 'static,
{
    let io = TokioIo::new(stream);
    let (mut sender, connection) =
        hyper::client::conn::http2::handshake(TokioExecutor::new(), io).await?;
    tokio::spawn(connection);
    let request = http::Request::post(format!("http://{authority}{CHAT}"))
        .body(Full::new(bytes::Bytes::from(chat(5).to_string())))
        .unwrap();
    let reply = sender.send_request(request).await?;
    assert_eq!((reply.status(), reply.version()), (http::StatusCode::OK, http::Version::HTTP_2));
    Ok(reply.into_body().collect().await?.to_bytes().to_vec())
}

fn block_on<F: Future>(future: F) -> F::Output {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}

#[test]
fn http2_is_spoken_by_prior_knowledge_and_http1_beside_it() {
    let server = start(Config { http2: true, ..fast() });
    let authority = server.address().to_string();
    let body = block_on(async {
        over_http2(tokio::net::TcpStream::connect(&authority).await.unwrap(), &authority).await
    });
    assert_eq!(events(std::str::from_utf8(&body.unwrap()).unwrap()).len(), 8);
    let mut client = Client::new(&server);
    client.post(CHAT, "", &chat(5));
    assert_eq!(client.reply().chunks().len(), 7);
    server.wait_for_ended(2, LIMIT).unwrap();
    assert!(server.truth().iter().all(|served| served.frames.len() == 5 && served.complete));
}

#[test]
fn http2_is_chosen_under_tls() {
    let server = start(Config { tls: true, http2: true, ..fast() });
    let connector = tokio_rustls::TlsConnector::from(Arc::new(trusting(&server, b"h2")));
    let authority = server.address().to_string();
    let body = block_on(async {
        let socket = tokio::net::TcpStream::connect(&authority).await.unwrap();
        let name = ServerName::try_from("127.0.0.1").unwrap();
        over_http2(connector.connect(name, socket).await.unwrap(), &authority).await
    });
    assert_eq!(events(std::str::from_utf8(&body.unwrap()).unwrap()).len(), 8);
}

#[test]
fn a_cut_resets_an_http2_stream() {
    let script = Script::always([Fault::Cut { after: 2, reset: false }]);
    let server = start(Config { http2: true, script, ..fast() });
    let authority = server.address().to_string();
    let body = block_on(async {
        over_http2(tokio::net::TcpStream::connect(&authority).await.unwrap(), &authority).await
    });
    assert!(body.is_err());
    server.wait_for_ended(1, LIMIT).unwrap();
    assert_eq!(server.truth()[0].output_tokens, 2);
}

#[test]
fn a_unix_socket_is_served_and_removed() {
    let folder = std::env::temp_dir().join(format!("loadwright-sim-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let path = folder.join("sim.sock");
    let server = start(Config { unix_socket: Some(path.clone()), ..fast() });
    let mut stream = std::os::unix::net::UnixStream::connect(&path).unwrap();
    stream.write_all(&request()).unwrap();
    let mut reply = Vec::new();
    stream.read_to_end(&mut reply).unwrap();
    assert_eq!(tokens_in(&reply), 5);
    server.wait_for_ended(1, LIMIT).unwrap();
    let served = server.truth().remove(0);
    assert_eq!(served.received, served.received_user);
    drop(server);
    assert!(!path.exists());
    std::fs::remove_dir(folder).unwrap();
}

/// What is at a path, and what happens to it when a server is to listen there.
fn at(path: &std::path::Path) -> std::io::Result<Server> {
    Server::start(Config { unix_socket: Some(path.into()), ..fast() })
}

#[test]
fn only_a_stale_socket_is_replaced() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("sim.sock");
    let kind = |path: &std::path::Path| at(path).unwrap_err().kind();
    std::fs::write(&path, "precious").unwrap();
    assert_eq!(kind(&path), ErrorKind::AlreadyExists);
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "precious");
    let link = folder.path().join("link");
    std::os::unix::fs::symlink(&path, &link).unwrap();
    assert_eq!(kind(&link), ErrorKind::AlreadyExists);
    assert_eq!(kind(folder.path()), ErrorKind::AlreadyExists);
    std::fs::remove_file(&path).unwrap();

    // A socket that still listens, although it accepts no client and its queue is full.
    let listener =
        socket2::Socket::new(socket2::Domain::UNIX, socket2::Type::STREAM, None).unwrap();
    listener.bind(&socket2::SockAddr::unix(&path).unwrap()).unwrap();
    listener.listen(0).unwrap();
    for _ in 0..3 {
        assert_eq!(kind(&path), ErrorKind::AddrInUse);
    }
    assert!(path.exists());
    // Left behind by a server that was killed.
    drop(listener);
    assert!(path.exists());
    let server = at(&path).unwrap();
    assert_eq!(kind(&path), ErrorKind::AddrInUse);
    drop(server);
    assert!(!path.exists());
}

#[test]
fn a_stopped_server_removes_no_socket_but_its_own() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("sim.sock");
    let server = at(&path).unwrap();
    std::fs::remove_file(&path).unwrap();
    let _other = std::os::unix::net::UnixListener::bind(&path).unwrap();
    drop(server);
    assert!(path.exists());
}

#[test]
fn a_beginning_of_one_byte_is_not_taken_for_http2() {
    let server = start(Config { http2: true, ..fast() });
    let mut client = Client::new(&server);
    client.stream.set_nodelay(true).unwrap();
    client.stream.write_all(b"P").unwrap();
    // By the time another is served, the server has looked at this one, whose byte was there first.
    let mut other = Client::new(&server);
    other.send("GET", "/health", "", b"");
    assert_eq!(other.reply().status, 200);
    let body = chat(2).to_string();
    let rest = format!("OST {CHAT} HTTP/1.1\r\ncontent-length: {}\r\n\r\n{body}", body.len());
    client.stream.write_all(rest.as_bytes()).unwrap();
    assert_eq!(client.reply().chunks().len(), 4);
}

#[test]
fn a_stream_that_the_client_gives_up_ends_its_request() {
    let (ttft, itl) = (Duration::from_secs(3_600), Duration::ZERO);
    let model = Model::Paced { ttft, itl, noise: 0.0 };
    let server = start(Config { http2: true, model, ..Config::default() });
    let authority = server.address().to_string();
    block_on(async {
        let stream = tokio::net::TcpStream::connect(&authority).await.unwrap();
        let asked = over_http2(stream, &authority);
        tokio::select! {
            _ = asked => panic!("the reply takes an hour"),
            () = received(&server) => {}
        }
    });
    server.wait_for_ended(1, LIMIT).unwrap();
}

/// Returns once the server has a request.
async fn received(server: &Server) {
    while server.counts().received == 0 {
        tokio::task::yield_now().await;
    }
}

#[test]
fn over_http2_too_much_is_refused() {
    let server = start(Config { http2: true, memory: 100_000, ..fast() });
    let authority = server.address().to_string();
    let status = block_on(async {
        let stream = tokio::net::TcpStream::connect(&authority).await.unwrap();
        let (mut sender, connection) =
            hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(stream))
                .await
                .unwrap();
        tokio::spawn(connection);
        let request = http::Request::post(format!("http://{authority}{CHAT}"))
            .body(Full::new(bytes::Bytes::from(vec![b' '; 200_000])))
            .unwrap();
        sender.send_request(request).await.unwrap().status()
    });
    assert_eq!(status, 503);
}

#[test]
fn a_paused_server_refuses_and_a_resumed_one_is_at_the_same_address() {
    let server = start(fast());
    let mut before = Client::new(&server);
    server.wait(LIMIT, |counts| counts.connections == 1).unwrap();
    server.pause_accepting();
    let error = TcpStream::connect(server.address()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ConnectionRefused);
    before.post(CHAT, "", &chat(2));
    assert_eq!(before.reply().chunks().len(), 4);
    server.resume_accepting();
    let mut after = Client::new(&server);
    after.post(CHAT, "", &chat(2));
    assert_eq!(after.reply().chunks().len(), 4);
}

#[test]
fn a_stopped_server_disconnects_immediately_and_keeps_its_records() {
    let (ttft, itl) = (Duration::ZERO, Duration::from_millis(1));
    let model = Model::Paced { ttft, itl, noise: 0.0 };
    let mut server = start(Config { model, ..Config::default() });
    let mut client = Client::new(&server);
    client.post(CHAT, "", &chat(1_000_000));
    client.until("content\":\"");
    server.stop();
    let ended = client.rest();
    assert!(ended.is_err() || !ended.unwrap().ends_with(b"0\r\n\r\n"));
    assert!(TcpStream::connect(server.address()).is_err());
    server.resume_accepting();
    assert!(TcpStream::connect(server.address()).is_err());
    let truth = server.truth();
    assert!(truth[0].frame_count > 0 && !truth[0].complete);
}

#[test]
fn an_address_other_than_loopback_needs_expose() {
    let listen = "0.0.0.0:0".parse().unwrap();
    let error = Server::start(Config { listen, ..fast() }).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
    assert!(Server::start(Config { listen, expose: true, ..fast() }).is_ok());
}
