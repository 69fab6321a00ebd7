//! The client: which authorities it trusts, which proxies it goes through, and that it follows nothing by
//! itself.

use super::gate::{Gate, Lookup, SystemLookup};
use super::proxies::Proxies;
use super::retry::Pace;
use reqwest::{Certificate, Client};
use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::sync::Arc;

/// The longest file of certificates, in bytes.
const LONGEST: u64 = 1 << 20;

/// How exporters reach the network.
#[derive(Clone)]
pub struct Network {
    /// Proxies.
    pub proxies: Proxies,
    /// Certificates of authorities beside the system's, in PEM.
    pub authorities: Vec<u8>,
    /// How names are looked up.
    pub lookup: Arc<dyn Lookup>,
    /// How often requests are sent again.
    pub pace: Pace,
}

impl Default for Network {
    fn default() -> Self {
        Self {
            proxies: Proxies::default(),
            authorities: Vec::new(),
            lookup: Arc::new(SystemLookup),
            pace: Pace::default(),
        }
    }
}

impl Network {
    /// Trusts the certificates of authorities in `file` (PEM) beside the system's.
    ///
    /// # Errors
    /// It cannot be read, is too long, or holds no certificate that can be used.
    pub fn with_authorities(mut self, file: &Path) -> Result<Self, String> {
        let shown = file.display();
        let mut pem = Vec::new();
        let read = File::open(file).and_then(|file| file.take(LONGEST + 1).read_to_end(&mut pem));
        read.map_err(|error| format!("--exporter-ca-cert {shown}: {error}"))?;
        if pem.len() as u64 > LONGEST {
            return Err(format!("--exporter-ca-cert {shown}: is longer than {LONGEST} bytes"));
        }
        if certificates(&pem)?.is_empty() {
            return Err(format!("--exporter-ca-cert {shown}: holds no certificate in PEM"));
        }
        self.authorities = pem;
        Ok(self)
    }
}

fn certificates(pem: &[u8]) -> Result<Vec<Certificate>, String> {
    let damaged = |why: String| format!("--exporter-ca-cert: a certificate is damaged: {why}");
    let mut found = Vec::new();
    for der in CertificateDer::pem_slice_iter(pem) {
        let der = der.map_err(|error| damaged(error.to_string()))?;
        let read = RootCertStore::empty().add(der.clone());
        read.map_err(|error| damaged(error.to_string()))?;
        found.push(Certificate::from_der(&der).map_err(|error| damaged(error.to_string()))?);
    }
    Ok(found)
}

/// A client whose connections pass `gate`.
pub(super) fn new(network: &Network, gate: Gate) -> Result<Client, String> {
    let mut builder = Client::builder()
        .use_rustls_tls()
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
        .referer(false)
        .user_agent(concat!("loadwright/", env!("CARGO_PKG_VERSION")))
        .dns_resolver(Arc::new(gate));
    for proxy in network.proxies.rules()? {
        builder = builder.proxy(proxy);
    }
    for authority in certificates(&network.authorities)? {
        builder = builder.add_root_certificate(authority);
    }
    builder.build().map_err(|error| format!("no client of HTTP: {error}"))
}
