//! Why there was no response, and whether the request can have had an effect.

use super::gate::Denied;
use loadwright_core::ports::Fault;
use std::error::Error;

/// Whether a request can have had an effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// There was no connection.
    Unsent,
    /// It may have arrived.
    Lost,
    /// Another try would end in the same way.
    Final,
}

/// A request without a response.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Failure {
    pub(super) fault: Fault,
    pub(super) kind: Kind,
}

impl Failure {
    pub(super) fn refused(text: impl Into<String>) -> Self {
        Self { fault: Fault::Fatal(text.into()), kind: Kind::Final }
    }

    pub(super) fn lost(text: impl Into<String>) -> Self {
        Self { fault: Fault::Transient(text.into()), kind: Kind::Lost }
    }

    /// Of an error on the way to `host`.
    pub(super) fn of(error: &reqwest::Error, host: &str) -> Self {
        if let Some(denied) = cause::<Denied>(error) {
            return Self::refused(denied.0.clone());
        }
        if let Some(tls) = cause::<rustls::Error>(error) {
            return Self::refused(of_tls(tls, host));
        }
        let why = innermost(error);
        if error.is_connect() {
            let fault = Fault::Transient(format!("no connection to {host}: {why}"));
            return Self { fault, kind: Kind::Unsent };
        }
        Self::lost(format!("no response from {host}: {why}"))
    }
}

/// Why there was no response from `host`, and whether another try would end in the same way.
pub(crate) fn why(error: &reqwest::Error, host: &str) -> (String, bool) {
    let failure = Failure::of(error, host);
    (failure.fault.to_string(), failure.kind == Kind::Final)
}

impl From<Fault> for Failure {
    fn from(fault: Fault) -> Self {
        Self { fault, kind: Kind::Final }
    }
}

fn of_tls(error: &rustls::Error, host: &str) -> String {
    match error {
        rustls::Error::InvalidCertificate(why) => format!(
            "certificate of {host} is not accepted: {why}; give the authority that issued it with \
             --exporter-ca-cert FILE"
        ),
        error => format!("no TLS connection to {host}: {error}"),
    }
}

/// The cause of this type; I/O errors hold theirs aside.
pub(crate) fn cause<'e, E: Error + 'static>(error: &'e (dyn Error + 'static)) -> Option<&'e E> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(found) = error.downcast_ref::<E>() {
            return Some(found);
        }
        let inner = error.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
        next = match inner {
            Some(inner) => Some(inner),
            None => error.source(),
        };
    }
    None
}

/// The cause of all: those around it repeat the URL.
pub(crate) fn innermost(error: &(dyn Error + 'static)) -> String {
    let mut last = error;
    while let Some(source) = last.source() {
        last = source;
    }
    last.to_string()
}
