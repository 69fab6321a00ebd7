//! TLS with a self-signed certificate, generated when the server starts.

use rustls::ServerConfig;
use rustls::pki_types::PrivateKeyDer;
use std::io;
use std::sync::Arc;
use tokio_rustls::TlsAcceptor;

/// A self-signed certificate and the acceptor that uses it.
pub(crate) struct SelfSigned {
    pub(crate) acceptor: TlsAcceptor,
    /// In PEM form.
    pub(crate) certificate: String,
}

/// Generates a self-signed certificate for loopback.
///
/// # Errors
/// No key can be generated.
pub(crate) fn self_signed(http2: bool) -> io::Result<SelfSigned> {
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
    Ok(SelfSigned { acceptor: TlsAcceptor::from(Arc::new(config)), certificate: made.cert.pem() })
}
