//! Why there is no TLS connection to a receiver, with the variables that may help.

use crate::http::{cause, innermost};
use crate::otlp::environment::Link;
use rustls::{CertificateError, Error as Tls};
use std::error::Error;

/// What HTTP/2 keeps of an alert: its text.
const ALERT: &str = "received fatal alert: ";

/// Alerts by which a server refuses a client for its certificate.
const OF_CLIENT: [&str; 10] = [
    "CertificateRequired",
    "BadCertificate",
    "UnsupportedCertificate",
    "CertificateRevoked",
    "CertificateExpired",
    "CertificateUnknown",
    "UnknownCA",
    "AccessDenied",
    "DecryptError",
    "HandshakeFailure",
];

/// Why TLS failed, if `error` says so: another try would end in the same way.
pub(super) fn why(error: &(dyn Error + 'static), link: &Link) -> Option<String> {
    let host = link.endpoint.host_str().unwrap_or_default();
    let text = innermost(error);
    if let Some(alert) = text.strip_prefix(ALERT) {
        return Some(refused(alert, link));
    }
    Some(match cause::<Tls>(error)? {
        Tls::InvalidCertificate(fault) => {
            format!("certificate of {host} is not accepted: {fault}; {}", remedy(fault))
        }
        Tls::AlertReceived(alert) => refused(&format!("{alert:?}"), link),
        error => format!("no TLS connection to {host}: {error}"),
    })
}

/// That the receiver ended TLS with `alert`.
fn refused(alert: &str, link: &Link) -> String {
    const HOW: &str = "OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE and OTEL_EXPORTER_OTLP_CLIENT_KEY";
    let host = link.endpoint.host_str().unwrap_or_default();
    match (OF_CLIENT.contains(&alert), &link.identity) {
        (false, _) => format!("no TLS connection to {host}: {ALERT}{alert}"),
        (true, None) => format!("{host} asks for a client's certificate ({alert}); give {HOW}"),
        (true, Some(_)) => {
            format!("{host} does not accept the client's certificate ({alert}); check {HOW}")
        }
    }
}

fn remedy(fault: &CertificateError) -> &'static str {
    use CertificateError as Fault;
    match fault {
        Fault::NotValidForName | Fault::NotValidForNameContext { .. } => {
            "check OTEL_EXPORTER_OTLP_ENDPOINT: it must name the receiver as its certificate does"
        }
        Fault::Expired
        | Fault::ExpiredContext { .. }
        | Fault::NotValidYet
        | Fault::NotValidYetContext { .. } => "renew it, or check the clocks",
        _ => {
            "give the authority that issued it with OTEL_EXPORTER_OTLP_CERTIFICATE or \
             --exporter-ca-cert FILE"
        }
    }
}
