//! Certificates: an authority's, and those that it issues.

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
use rustls::RootCertStore;
use rustls::ServerConfig;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use std::path::PathBuf;
use std::sync::Arc;
use tempfile::TempDir;

/// An authority, and a folder for files.
pub(super) struct Authority {
    issuer: Issuer<'static, KeyPair>,
    pem: String,
    der: CertificateDer<'static>,
    folder: TempDir,
}

/// A certificate with its key.
pub(super) struct Issued {
    certificate: rcgen::Certificate,
    key: KeyPair,
}

impl Authority {
    pub(super) fn new() -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(DnType::CommonName, "an authority");
        let key = KeyPair::generate().unwrap();
        let certificate = params.self_signed(&key).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let (pem, der) = (certificate.pem(), certificate.der().clone());
        Self { issuer: Issuer::new(params, key), pem, der, folder }
    }

    /// A certificate for `name`.
    pub(super) fn issue(&self, name: &str) -> Issued {
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        Issued { certificate: params.signed_by(&key, &self.issuer).unwrap(), key }
    }

    /// Writes `text` into a file of this name.
    pub(super) fn file(&self, name: &str, text: &str) -> String {
        let path: PathBuf = self.folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.to_str().unwrap().into()
    }

    /// Its certificate in a file.
    pub(super) fn certificate(&self) -> String {
        self.file("authority.pem", &self.pem)
    }

    pub(super) fn pem(&self) -> &str {
        &self.pem
    }

    /// Certificate and key of `issued`, in files.
    pub(super) fn files(&self, name: &str, issued: &Issued) -> (String, String) {
        let certificate = self.file(&format!("{name}.pem"), &issued.certificate.pem());
        (certificate, self.file(&format!("{name}.key"), &issued.key.serialize_pem()))
    }

    /// A server of TLS that presents `own`; with `clients`, they need a certificate by that authority.
    pub(super) fn server(own: &Issued, clients: Option<&Self>, protocol: &str) -> ServerConfig {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()
            .unwrap();
        let builder = match clients {
            None => builder.with_no_client_auth(),
            Some(authority) => {
                let mut roots = RootCertStore::empty();
                roots.add(authority.der.clone()).unwrap();
                let verifier =
                    WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider);
                builder.with_client_cert_verifier(verifier.build().unwrap())
            }
        };
        let key = PrivateKeyDer::Pkcs8(own.key.serialize_der().into());
        let chain = vec![own.certificate.der().clone()];
        let mut config = builder.with_single_cert(chain, key).unwrap();
        config.alpn_protocols =
            vec![if protocol == "grpc" { b"h2" } else { b"http/1.1" as &[u8] }.to_vec()];
        config
    }
}
