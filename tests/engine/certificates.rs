//! Certificates as users create them, and the texts of TLS failures with their remedies.

use crate::raw_server::{reply, scripted};
use crate::rig::{Run, fast, plan, run, start};
use loadwright_core::outcome::Outcome;
use loadwright_sim::Config;
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, date_time_ymd};
use rustls::pki_types::PrivateKeyDer;
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::sync::Arc;

/// A certificate and its key.
struct Identity {
    certificate: rcgen::Certificate,
    key: KeyPair,
}

/// The certificate that `openssl req -x509` creates for `names`: a self-signed authority.
fn authority(names: &[&str], change: impl Fn(&mut CertificateParams)) -> Identity {
    let mut params = params(names);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    change(&mut params);
    let key = KeyPair::generate().unwrap();
    Identity { certificate: params.self_signed(&key).unwrap(), key }
}

fn params(names: &[&str]) -> CertificateParams {
    let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    let mut params = CertificateParams::new(names).unwrap();
    params.distinguished_name.push(DnType::CommonName, "127.0.0.1");
    params
}

/// The URL of a server that presents `identity`.
fn serving(identity: &Identity) -> String {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let key = PrivateKeyDer::Pkcs8(identity.key.serialize_der().into());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![identity.certificate.der().clone()], key)
        .unwrap();
    let config = Arc::new(config);
    let url = scripted(move |stream, _| answer(stream, &config));
    url.replace("http:", "https:")
}

fn answer(stream: TcpStream, config: &Arc<ServerConfig>) {
    let mut stream = StreamOwned::new(ServerConnection::new(Arc::clone(config)).unwrap(), stream);
    let mut received = Vec::new();
    let mut piece = [0; 4096];
    // The handshake fails here if the client does not trust the certificate.
    while let Ok(length @ 1..) = stream.read(&mut piece) {
        received.extend_from_slice(&piece[..length]);
        if received.ends_with(b"}") {
            stream.write_all(reply(1).as_bytes()).unwrap();
            received.clear();
        }
    }
}

/// One request to `url` that trusts `trusted` and the system's authorities.
fn request(url: &str, trusted: Option<&Identity>) -> Run {
    let mut plan = plan(url);
    let file = tempfile::NamedTempFile::new().unwrap();
    if let Some(identity) = trusted {
        std::fs::write(file.path(), identity.certificate.pem()).unwrap();
        plan.target.ca_cert = Some(file.path().into());
    }
    run(plan)
}

/// Asserts that the handshake fails, and that its text has `words`.
fn assert_refused(run: &Run, words: &[&str]) {
    let record = run.only();
    assert_eq!(record.outcome, Outcome::Tls, "{}", record.error);
    for words in words {
        assert!(record.error.contains(words), "{words} in {}", record.error);
    }
}

#[test]
fn a_certificate_made_by_openssl_is_trusted_if_it_is_given() {
    let nameless = authority(&[], |_| {});
    for identity in [authority(&["127.0.0.1", "localhost"], |_| {}), nameless] {
        let url = serving(&identity);
        request(&url, Some(&identity)).assert_all_ok(1);
        assert_refused(&request(&url, None), &["an authority's own", "--ca-cert", "--insecure"]);
        let other = authority(&["127.0.0.1"], |_| {});
        assert_refused(&request(&url, Some(&other)), &["--ca-cert"]);
    }
}

#[test]
fn a_certificate_is_trusted_by_its_issuer_or_by_itself() {
    let mut issuing = params(&[]);
    issuing.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    issuing.distinguished_name.push(DnType::CommonName, "an authority");
    let issuer_key = KeyPair::generate().unwrap();
    let issuer =
        Identity { certificate: issuing.self_signed(&issuer_key).unwrap(), key: issuer_key };
    let key = KeyPair::generate().unwrap();
    let signed =
        params(&["127.0.0.1"]).signed_by(&key, &Issuer::new(issuing, &issuer.key)).unwrap();
    let identity = Identity { certificate: signed, key };
    let url = serving(&identity);
    request(&url, Some(&issuer)).assert_all_ok(1);
    request(&url, Some(&identity)).assert_all_ok(1);
    assert_refused(
        &request(&url, None),
        &["not issued by an authority", "--ca-cert", "--insecure"],
    );
}

#[test]
fn a_given_certificate_must_still_be_valid_and_name_the_host() {
    let expired = authority(&["127.0.0.1"], |params| params.not_after = date_time_ymd(2020, 1, 1));
    assert_refused(
        &request(&serving(&expired), Some(&expired)),
        &["expired", "days ago", "--insecure"],
    );
    let early = authority(&["127.0.0.1"], |params| params.not_before = date_time_ymd(2999, 1, 1));
    assert_refused(&request(&serving(&early), Some(&early)), &["not valid yet", "clock"]);
    let named = authority(&["other.example"], |_| {});
    let words = ["is for other.example, not for 127.0.0.1", "--url"];
    assert_refused(&request(&serving(&named), Some(&named)), &words);
}

#[test]
fn servers_without_tls_are_reported_as_such() {
    let plain = start(fast());
    let url = plain.url().replace("http:", "https:");
    assert_refused(&request(&url, None), &["does not speak TLS", "http://"]);
    let closing = scripted(|stream, _| drop(stream)).replace("http:", "https:");
    assert_refused(&request(&closing, None), &["closed the connection", "http://"]);
    // And the reverse: TLS where plain HTTP is expected.
    let secure = start(Config { tls: true, ..fast() });
    let run = request(&secure.url().replace("https:", "http:"), None);
    assert_eq!(run.only().outcome, Outcome::Malformed, "{}", run.only().error);
    assert!(run.only().error.contains("https://"), "{}", run.only().error);
}
