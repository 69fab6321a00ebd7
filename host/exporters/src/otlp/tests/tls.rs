//! TLS, over HTTP and over gRPC: authorities, names, clients' certificates.

use super::certificates::{Authority, Issued};
use super::collector::{Collector, in_a_thread, listening};
use super::receiver::{begun, taking};
use super::{Files, made, network};
use crate::http::Network;
use crate::http::tests::server::Server;
use crate::usage::Usage;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use tokio::io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional};
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;

const PROTOCOLS: [&str; 2] = ["http/protobuf", "grpc"];
const CERTIFICATE: &str = "OTEL_EXPORTER_OTLP_CERTIFICATE";
const CLIENT_CERTIFICATE: &str = "OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE";
const CLIENT_KEY: &str = "OTEL_EXPORTER_OTLP_CLIENT_KEY";

/// A receiver behind TLS.
struct Secure {
    port: u16,
    /// Kept, so that calls have somewhere to arrive.
    _plain: Plain,
}

enum Plain {
    Http(#[expect(dead_code, reason = "kept alive")] Server),
    Grpc(#[expect(dead_code, reason = "kept alive")] Collector),
}

impl Secure {
    fn start(protocol: &str, own: &Issued, clients: Option<&Authority>) -> Self {
        let (plain, to) = if protocol == "grpc" {
            let collector = Collector::start(Vec::new());
            let address = collector.address;
            (Plain::Grpc(collector), address)
        } else {
            let server = taking(64);
            let address = server.address;
            (Plain::Http(server), address)
        };
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let config = Authority::server(own, clients, protocol);
        in_a_thread(front(listener, TlsAcceptor::from(Arc::new(config)), to));
        Self { port, _plain: plain }
    }

    /// What `begin` says, of a receiver reached under `host`, with further variables.
    fn begin(
        &self,
        protocol: &str,
        host: &str,
        more: &[(&str, &str)],
        network: Network,
    ) -> Result<(), String> {
        let url = format!("https://{host}:{}", self.port);
        let mut variables =
            vec![("OTEL_EXPORTER_OTLP_ENDPOINT", &*url), ("OTEL_EXPORTER_OTLP_PROTOCOL", protocol)];
        variables.extend(more);
        let mut otlp = made(&variables, &[], Files::default(), network, &Usage::default())?;
        otlp.begin(&super::run()).map(drop).map_err(|error| error.to_string())
    }
}

/// Ends TLS, and hands on what comes out of it.
async fn front(listener: TcpListener, acceptor: TlsAcceptor, to: SocketAddr) {
    let listener = listening(listener);
    while let Ok((mut stream, _)) = listener.accept().await {
        let acceptor = acceptor.clone();
        tokio::spawn(async move {
            match acceptor.accept(&mut stream).await {
                Ok(mut secured) => {
                    let mut plain = TcpStream::connect(to).await.unwrap();
                    let _ = copy_bidirectional(&mut secured, &mut plain).await;
                }
                // Closed in order, so that the alert arrives before the end.
                Err(_) => {
                    let _ = stream.shutdown().await;
                    let _ = stream.read_to_end(&mut Vec::new()).await;
                }
            }
        });
    }
}

#[test]
fn an_authority_is_trusted_where_it_is_named() {
    let authority = Authority::new();
    let path = authority.certificate();
    for protocol in PROTOCOLS {
        let receiver = Secure::start(protocol, &authority.issue("localhost"), None);
        let trusting = [(CERTIFICATE, path.as_str())];
        assert_eq!(receiver.begin(protocol, "localhost", &trusting, network()), Ok(()));
        let by_flag = Network { authorities: authority.pem().into(), ..network() };
        assert_eq!(receiver.begin(protocol, "localhost", &[], by_flag), Ok(()));
    }
}

#[test]
fn an_unknown_authority_is_refused_with_what_names_it() {
    let (authority, other) = (Authority::new(), Authority::new());
    let path = other.certificate();
    for protocol in PROTOCOLS {
        let receiver = Secure::start(protocol, &authority.issue("localhost"), None);
        for variables in [&[][..], &[(CERTIFICATE, path.as_str())]] {
            let error = receiver.begin(protocol, "localhost", variables, network()).unwrap_err();
            let words = "certificate of localhost is not accepted";
            assert!(error.contains(words), "{protocol}: {error}");
            let remedy = "with OTEL_EXPORTER_OTLP_CERTIFICATE or --exporter-ca-cert FILE";
            assert!(error.contains(remedy), "{protocol}: {error}");
        }
    }
}

#[test]
fn a_receiver_under_another_name_is_refused() {
    let authority = Authority::new();
    let path = authority.certificate();
    for protocol in PROTOCOLS {
        let receiver = Secure::start(protocol, &authority.issue("other.example"), None);
        let trusting = [(CERTIFICATE, path.as_str())];
        let error = receiver.begin(protocol, "localhost", &trusting, network()).unwrap_err();
        assert!(error.contains("certificate of localhost is not accepted"), "{protocol}: {error}");
        assert!(error.contains("check OTEL_EXPORTER_OTLP_ENDPOINT"), "{protocol}: {error}");
    }
}

#[test]
fn clients_show_their_certificates() {
    let (authority, other) = (Authority::new(), Authority::new());
    let trusted = authority.certificate();
    let (right, right_key) = authority.files("right", &authority.issue("client"));
    let (wrong, wrong_key) = other.files("wrong", &other.issue("client"));
    for protocol in PROTOCOLS {
        let receiver = Secure::start(protocol, &authority.issue("localhost"), Some(&authority));
        let begin = |more: &[(&str, &str)]| {
            let variables = [&[(CERTIFICATE, trusted.as_str())], more].concat();
            receiver.begin(protocol, "localhost", &variables, network())
        };
        assert_eq!(begin(&[(CLIENT_CERTIFICATE, &right), (CLIENT_KEY, &right_key)]), Ok(()));
        let missing = begin(&[]).unwrap_err();
        assert!(missing.contains("asks for a client's certificate"), "{protocol}: {missing}");
        assert!(missing.contains(CLIENT_CERTIFICATE), "{protocol}: {missing}");
        let refused = begin(&[(CLIENT_CERTIFICATE, &wrong), (CLIENT_KEY, &wrong_key)]);
        let refused = refused.unwrap_err();
        let words = "does not accept the client's certificate";
        assert!(refused.contains(words), "{protocol}: {refused}");
        let alone = begin(&[(CLIENT_CERTIFICATE, &right)]).unwrap_err();
        assert!(alone.contains("give both, or neither"), "{alone}");
        let mismatched = begin(&[(CLIENT_CERTIFICATE, &right), (CLIENT_KEY, &wrong_key)]);
        assert!(mismatched.is_err(), "{protocol}");
    }
}

#[test]
fn a_receiver_without_tls_is_named() {
    for protocol in PROTOCOLS {
        let server = taking(8);
        let url = server.url("").replace("http:", "https:");
        let variables =
            [("OTEL_EXPORTER_OTLP_ENDPOINT", &*url), ("OTEL_EXPORTER_OTLP_PROTOCOL", protocol)];
        let authorities = Authority::new().pem().into();
        let network = Network { authorities, ..network() };
        let otlp = made(&variables, &[], Files::default(), network, &Usage::default());
        let error = otlp.unwrap().begin(&super::run());
        assert!(error.is_err(), "{protocol}");
    }
}

/// What is sent after the first request goes over TLS too.
#[test]
fn all_signals_arrive_over_tls() {
    let authority = Authority::new();
    let path = authority.certificate();
    for protocol in PROTOCOLS {
        let receiver = Secure::start(protocol, &authority.issue("localhost"), None);
        let url = format!("https://localhost:{}", receiver.port);
        let variables = [
            ("OTEL_EXPORTER_OTLP_ENDPOINT", &*url),
            ("OTEL_EXPORTER_OTLP_PROTOCOL", protocol),
            (CERTIFICATE, &path),
        ];
        let usage = Usage::default();
        let otlp = made(&variables, &[], Files::default(), network(), &usage);
        begun(otlp.unwrap().as_mut());
        assert_eq!(usage.read().requests, 3 + 2, "{protocol}");
    }
}
