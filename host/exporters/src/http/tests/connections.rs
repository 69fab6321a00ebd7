//! Connections: kept open, closed meanwhile, and TLS.

use super::server::{Answer, Server, ok, read, response};
use super::{Client, PACE, get};
use crate::http::Network;
use loadwright_core::export::http::Retry;
use rcgen::{CertifiedKey, generate_simple_self_signed};
use rustls::pki_types::PrivateKeyDer;
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use std::io::{BufReader, Write};
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;

#[test]
fn a_connection_that_the_server_closed_meanwhile_costs_no_request() {
    // Without a header that says so.
    let answers = (0..20).map(|_| Answer::Close(response(200, &[], b"x"))).collect();
    let server = Server::start(answers);
    let mut client = Client::to(&server.url(""));
    for _ in 0..20 {
        assert_eq!(client.send(&get(&server.url("/"))).expect("a response").body, b"x");
    }
}

#[test]
fn requests_are_counted_and_carry_our_name() {
    let server = Server::start(vec![ok("12345"), ok("678")]);
    let mut client = Client::to(&server.url(""));
    client.send(&get(&server.url("/"))).expect("a response");
    client.send(&super::post(&server.url("/"), "four")).expect("a response");
    let used = client.usage.read();
    assert_eq!((used.requests, used.retries, used.refused), (2, 0, 0));
    assert_eq!((used.bytes_sent, used.bytes_received), (4, 8));
    let agent = server.next().header("user-agent").map(str::to_owned);
    assert!(agent.expect("a name").starts_with("loadwright/"));
}

/// A server of TLS that answers once a connection, and the certificate to trust, in PEM.
fn tls_server() -> (SocketAddr, Vec<u8>) {
    let made = generate_simple_self_signed(vec!["secure.example".to_owned()]);
    let CertifiedKey { cert, signing_key } = made.expect("a certificate");
    let key = PrivateKeyDer::try_from(signing_key.serialize_der()).expect("a key");
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_no_client_auth()
        .with_single_cert(vec![cert.der().clone()], key)
        .expect("a configuration");
    let config = Arc::new(config);
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let connection = ServerConnection::new(Arc::clone(&config)).expect("a connection");
            let mut reader =
                BufReader::new(StreamOwned::new(connection, stream.expect("a stream")));
            if read(&mut reader).is_some() {
                let _ = reader.get_mut().write_all(&response(200, &[], b"secure"));
            }
        }
    });
    (address, cert.pem().into_bytes())
}

#[test]
fn certificates_are_checked_against_the_authorities_given() {
    let (address, authorities) = tls_server();
    let url = format!("https://secure.example:{}", address.port());
    let wrong = format!("https://other.example:{}", address.port());
    let grants = [url.clone(), wrong.clone()];
    let network = Network { pace: PACE, authorities, ..Network::default() };
    let mut trusting = Client::with(network, &grants, &[]);
    let mut client = Client::new(&grants, &[]);
    for names in [&trusting.names, &client.names] {
        names.set("secure.example", &[&["127.0.0.1"]]);
        names.set("other.example", &[&["127.0.0.1"]]);
    }
    assert_eq!(trusting.send(&get(&url)).expect("a response").body, b"secure");
    let mut request = get(&url);
    request.retry = Retry::Always;
    let fault = client.fault(&request);
    assert!(fault.contains("certificate of secure.example is not accepted"), "{fault}");
    assert!(fault.contains("--exporter-ca-cert FILE"), "{fault}");
    assert_eq!(client.usage.read().retries, 0, "it would not help");
    assert!(trusting.fault(&get(&wrong)).contains("certificate of other.example"));
}

#[test]
fn a_server_without_tls_is_named() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("https://{}", listener.local_addr().expect("an address"));
    std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().expect("a connection");
        let _ = stream.write_all(b"HTTP/1.1 400 Bad\r\n\r\n");
        let _ = std::io::Read::read(&mut stream, &mut [0; 1024]);
    });
    let fault = Client::to(&url).fault(&get(&url));
    assert!(fault.contains("no TLS connection to 127.0.0.1"), "{fault}");
}

#[test]
fn files_of_authorities_are_read_within_bounds() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("ca.pem");
    let error = || Network::default().with_authorities(&path).err().expect("an error");
    assert!(error().contains("No such file"), "{}", error());
    let damaged = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    let long = "x".repeat((1 << 20) + 1);
    for (text, named) in [
        ("", "holds no certificate"),
        ("no PEM", "holds no certificate"),
        (damaged, "certificate is damaged"),
        ("-----BEGIN CERTIFICATE-----\n*\n-----END CERTIFICATE-----\n", "certificate is damaged"),
        (&long, "is longer than"),
    ] {
        std::fs::write(&path, text).expect("written");
        assert!(error().starts_with("--exporter-ca-cert"), "{}", error());
        assert!(error().contains(named), "{}", error());
    }
    let (_, pem) = tls_server();
    std::fs::write(&path, &pem).expect("written");
    let network = Network::default().with_authorities(&path).expect("authorities");
    assert_eq!(network.authorities, pem);
}

#[test]
fn a_name_without_an_address_is_no_connection() {
    let mut client = Client::to("http://nowhere.example");
    let fault = client.fault(&get("http://nowhere.example/"));
    assert!(fault.contains("no connection to nowhere.example"), "{fault}");
}
