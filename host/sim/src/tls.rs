//! The server's own certificate, made at start, and the TLS that shows it.

use rustls::ServerConfig;
use rustls::pki_types::PrivateKeyDer;
use std::io;
use std::sync::Arc;
use tokio_rustls::TlsAcceptor;

/// A certificate and what accepts connections by it.
pub(crate) struct Own {
    pub(crate) acceptor: TlsAcceptor,
    /// As PEM.
    pub(crate) certificate: String,
}

/// Makes a certificate that signs itself, for loopback.
///
/// # Errors
/// No key can be made.
pub(crate) fn own(http2: bool) -> io::Result<Own> {
    let names = ["localhost", "127.0.0.1", "::1"].map(String::from);
    let made = rcgen::generate_simple_self_signed(names).map_err(io::Error::other)?;
    let key = PrivateKeyDer::Pkcs8(made.signing_key.serialize_der().into());
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(io::Error::other)?
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key)
        .map_err(io::Error::other)?;
    config.alpn_protocols = if http2 { vec![b"h2".to_vec()] } else { Vec::new() };
    config.alpn_protocols.push(b"http/1.1".to_vec());
    Ok(Own { acceptor: TlsAcceptor::from(Arc::new(config)), certificate: made.cert.pem() })
}
