//! Error texts for TLS handshakes, with what to do about them.

use rustls::{AlertDescription, CertificateError, Error};
use std::io;

/// Why the handshake with `host` failed, and the remedy.
pub(crate) fn error_text(error: &io::Error, host: &str) -> String {
    let Some(fault) = error.get_ref().and_then(|inner| inner.downcast_ref::<Error>()) else {
        return match error.kind() {
            io::ErrorKind::UnexpectedEof | io::ErrorKind::ConnectionReset => {
                "the server closed the connection; if it does not speak TLS on this port, give an \
                 http:// URL"
                    .to_owned()
            }
            _ => error.to_string(),
        };
    };
    match fault {
        Error::InvalidCertificate(fault) => certificate(fault, host),
        Error::InvalidMessage(_) => {
            "the server does not speak TLS on this port; give an http:// URL".to_owned()
        }
        Error::PeerIncompatible(_) | Error::AlertReceived(AlertDescription::ProtocolVersion) => {
            format!("the server offers neither TLS 1.2 nor 1.3 as they are supported: {fault}")
        }
        Error::NoApplicationProtocol
        | Error::AlertReceived(AlertDescription::NoApplicationProtocol) => {
            "the server and loadwright share no version of HTTP; leave out --http2 or give it"
                .to_owned()
        }
        Error::AlertReceived(AlertDescription::UnrecognisedName) => {
            format!("the server does not know the name {host}; check the host of --url")
        }
        Error::AlertReceived(AlertDescription::CertificateRequired) => {
            "the server asks for a client certificate, which is not supported".to_owned()
        }
        other => other.to_string(),
    }
}

/// What is wrong with the server's certificate.
fn certificate(fault: &CertificateError, host: &str) -> String {
    let what = match fault {
        CertificateError::UnknownIssuer => {
            return "the server's certificate is not issued by an authority that is trusted here; \
                    give the authority's certificate, or this one, with --ca-cert, or skip the \
                    check with --insecure"
                .to_owned();
        }
        CertificateError::Other(other) if format!("{other:?}").contains("CaUsedAsEndEntity") => {
            return "the server's certificate is an authority's own, as `openssl req -x509` makes \
                    it; give this certificate with --ca-cert, or skip the check with --insecure"
                .to_owned();
        }
        CertificateError::ExpiredContext { time, not_after } => {
            let days = time.as_secs().saturating_sub(not_after.as_secs()) / 86_400;
            format!("expired {days} days ago; renew it")
        }
        CertificateError::Expired => "has expired; renew it".to_owned(),
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            "is not valid yet; check this machine's clock".to_owned()
        }
        CertificateError::NotValidForNameContext { presented, .. } => {
            let names: Vec<&str> = presented.iter().map(|name| bare(name)).collect();
            match names.as_slice() {
                [] => format!("names no host, and so not {host}; make one that does"),
                names => {
                    let names = names.join(", ");
                    format!("is for {names}, not for {host}; use such a name in --url")
                }
            }
        }
        CertificateError::NotValidForName => {
            format!("is not for {host}; use its name in --url")
        }
        other => format!("cannot be verified ({other})"),
    };
    format!("the server's certificate {what}, or skip the check with --insecure")
}

/// The name in a text such as `DnsName("example.com")`.
fn bare(name: &str) -> &str {
    let inner = name.split_once('(').map_or(name, |(_, inner)| inner);
    inner.trim_end_matches(')').trim_matches('"')
}
