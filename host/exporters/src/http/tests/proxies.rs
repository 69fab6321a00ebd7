//! Proxies of the environment.

use super::server::{Answer, Server, ok};
use super::{Client, PACE, get};
use crate::http::{Network, Proxies};

fn proxies(variables: &[(&str, &str)]) -> Result<Proxies, String> {
    Proxies::read(|name| {
        let found = variables.iter().find(|(known, _)| *known == name);
        found.map(|(_, value)| (*value).to_owned())
    })
}

fn named(variables: &[(&str, &str)]) -> Vec<String> {
    proxies(variables).expect("proxies").named()
}

#[test]
fn variables_are_read_in_both_spellings_and_shown_masked() {
    assert_eq!(named(&[]), Vec::<String>::new());
    assert_eq!(named(&[("HTTP_PROXY", "")]), Vec::<String>::new());
    assert_eq!(
        named(&[
            ("HTTPS_PROXY", "http://u:p@proxy.example:3128"),
            ("HTTP_PROXY", "proxy.example:80")
        ]),
        ["HTTP_PROXY=http://proxy.example/", "HTTPS_PROXY=http://**********@proxy.example:3128/"]
    );
    assert_eq!(
        named(&[("HTTP_PROXY", "http://upper"), ("http_proxy", "http://lower")]),
        ["http_proxy=http://lower/"]
    );
    assert_eq!(
        named(&[("HTTP_PROXY", "http://x"), ("REQUEST_METHOD", "GET")]),
        Vec::<String>::new()
    );
    for value in ["socks5://x:1", "ftp://x", "http://", "http://u:secret@", "::"] {
        let error = proxies(&[("ALL_PROXY", value)]).expect_err(value);
        assert!(error.starts_with("ALL_PROXY: ") && !error.contains("secret"), "{error}");
    }
    let both =
        [("HTTP_PROXY", "http://a"), ("HTTPS_PROXY", "http://b"), ("ALL_PROXY", "socks5://c")];
    assert_eq!(named(&both).len(), 2, "the third one is not used");
}

fn client(proxy: &Server, none: &str, grants: &[String]) -> Client {
    let variables =
        [("ALL_PROXY", format!("http://u:pass-word@{}", proxy.address)), ("NO_PROXY", none.into())];
    let variables = variables.each_ref().map(|(name, value)| (*name, value.as_str()));
    let network = Network {
        pace: PACE,
        proxies: proxies(&variables).expect("proxies"),
        ..Network::default()
    };
    Client::with(network, grants, &[])
}

#[test]
fn requests_go_through_the_proxy_unless_their_host_is_excepted() {
    let proxy = Server::start(vec![ok("by proxy")]);
    let direct = Server::start(vec![ok("direct")]);
    let near = direct.named("near.example", "/x");
    let grants = ["http://far.example".into(), near.trim_end_matches("/x").to_owned()];
    let mut client = client(&proxy, "near.example", &grants);
    client.names.set("near.example", &[&["127.0.0.1"]]);
    assert_eq!(client.send(&get("http://far.example/x")).expect("a response").body, b"by proxy");
    let seen = proxy.next();
    assert_eq!(seen.line, "GET http://far.example/x HTTP/1.1");
    assert_eq!(seen.header("proxy-authorization"), Some("Basic dTpwYXNzLXdvcmQ="));
    assert_eq!(client.send(&get(&near)).expect("a response").body, b"direct");
    assert!(proxy.is_quiet());
}

#[test]
fn https_asks_the_proxy_for_a_tunnel() {
    let proxy = Server::start(vec![Answer::Close(b"HTTP/1.1 403 Forbidden\r\n\r\n".to_vec())]);
    let mut client = client(&proxy, "", &["https://far.example".into()]);
    let fault = client.fault(&get("https://far.example/"));
    assert!(fault.contains("no connection to far.example"), "{fault}");
    assert_eq!(proxy.next().line, "CONNECT far.example:443 HTTP/1.1");
}

#[test]
fn names_and_literal_addresses_are_checked_before_a_proxy_has_them() {
    let proxy = Server::start(vec![]);
    let grants = ["http://169.254.169.254".into(), "http://metadata.google.internal".into()];
    let mut client = client(&proxy, "", &grants);
    for url in
        ["http://169.254.169.254/", "http://metadata.google.internal/", "http://other.example/"]
    {
        client.send(&get(url)).expect_err(url);
    }
    assert!(proxy.is_quiet());
}

#[test]
fn a_suffix_does_not_lead_to_the_proxy_itself() {
    let server = Server::start(vec![]);
    let url = server.named("proxy.corp.example", "/");
    let network = Network {
        pace: PACE,
        proxies: proxies(&[("HTTPS_PROXY", url.as_str())]).expect("proxies"),
        ..Network::default()
    };
    let mut client = Client::with(network, &[server.named("*.corp.example", "")], &[]);
    client.names.set("proxy.corp.example", &[&["127.0.0.1"]]);
    assert!(client.fault(&get(&url)).contains("is a proxy"));
    assert!(server.is_quiet());
}
