//! A gate before the server of a backend: it passes requests on, but refuses those that a test names.
//! Asserts nothing itself.

use crate::scripted::{Received, receive, reply};
use rcgen::{CertifiedKey, generate_simple_self_signed};
use rustls::pki_types::PrivateKeyDer;
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use std::io::{Error, Read, Result, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

/// What is done in place of passing a request on.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Way {
    /// An answer with this status line and these header lines, which says that it is `not today`.
    Status(&'static str, &'static str),
    /// The connection ends without an answer.
    Cut,
    /// There is no answer.
    Hang,
}

/// Requests whose first line holds a text, and what is done with them; none: all are passed on.
type Refused = Arc<Mutex<Option<(&'static str, Way)>>>;

/// The gate, for the rest of the test's process.
#[derive(Debug)]
pub(crate) struct Gate {
    pub(crate) address: SocketAddr,
    refused: Refused,
}

impl Gate {
    /// One without TLS before the server at `behind`.
    pub(crate) fn before(behind: SocketAddr) -> Self {
        Self::serving(behind, Ok)
    }

    /// One with a certificate of its own for `localhost`; the certificate as PEM.
    pub(crate) fn with_tls(behind: SocketAddr) -> (Self, String) {
        let made = generate_simple_self_signed(vec!["localhost".to_owned()]);
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
        let secured = move |stream| {
            let connection = ServerConnection::new(Arc::clone(&config)).map_err(Error::other)?;
            Ok(StreamOwned::new(connection, stream))
        };
        (Self::serving(behind, secured), cert.pem())
    }

    fn serving<S: Read + Write>(
        behind: SocketAddr,
        stream: impl Fn(TcpStream) -> Result<S> + Clone + Send + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("it is bound");
        let refused = Refused::default();
        let shared = Arc::clone(&refused);
        std::thread::spawn(move || {
            for accepted in listener.incoming().flatten() {
                let (stream, refused) = (stream.clone(), Arc::clone(&shared));
                // A client that goes away early has what it wanted.
                std::thread::spawn(move || {
                    stream(accepted).and_then(|stream| pass(stream, behind, &refused))
                });
            }
        });
        Self { address, refused }
    }

    /// From now on requests whose first line holds `part` are met with `way`.
    pub(crate) fn refuse(&self, part: &'static str, way: Way) {
        *self.refused.lock().expect("no thread panics with it") = Some((part, way));
    }

    /// From now on all are passed on.
    pub(crate) fn open(&self) {
        *self.refused.lock().expect("no thread panics with it") = None;
    }
}

/// One request and its answer.
fn pass(mut stream: impl Read + Write, behind: SocketAddr, refused: &Refused) -> Result<()> {
    let request = receive(&mut stream)?;
    let refused = *refused.lock().expect("no thread panics with it");
    match refused.filter(|(part, _)| request.head.first().is_some_and(|it| it.contains(part))) {
        None => stream.write_all(&asked(behind, &request)?)?,
        Some((_, Way::Status(status, headers))) => {
            let body =
                r#"{"message":"not today","error":"not today","meta":{"result_msg":"not today"}}"#;
            stream.write_all(&reply(status, headers, body))?;
        }
        Some((_, Way::Cut)) => {}
        // Until the client gives up.
        Some((_, Way::Hang)) => {
            let _: usize = stream.read(&mut [0])?;
        }
    }
    stream.flush()
}

/// The answer of the server behind, after which the connection ends.
fn asked(behind: SocketAddr, request: &Received) -> Result<Vec<u8>> {
    let mut server = TcpStream::connect(behind)?;
    server.write_all(format!("{}\r\n\r\n", request.head.join("\r\n")).as_bytes())?;
    server.write_all(&request.body)?;
    server.shutdown(Shutdown::Write)?;
    let mut answer = Vec::new();
    server.read_to_end(&mut answer)?;
    let line = answer.iter().position(|byte| *byte == b'\r').unwrap_or_default();
    answer.splice(line..line, *b"\r\nconnection: close");
    Ok(answer)
}
