//! URLs against what a request line and a `host` header must say.

use super::*;

fn endpoint(url: &str) -> Endpoint {
    Endpoint::new(&Target { url: url.into(), ..Target::default() }).unwrap()
}

#[test]
fn the_authority_has_a_port_only_if_the_url_does() {
    let plain = endpoint("http://example.test/v1");
    assert_eq!((plain.authority.as_str(), plain.port, plain.tls), ("example.test", 80, false));
    let tls = endpoint("https://example.test:8443/v1");
    assert_eq!((tls.authority.as_str(), tls.port, tls.tls), ("example.test:8443", 8443, true));
    let six = endpoint("http://[::1]:9/");
    assert_eq!((six.authority.as_str(), six.host.as_str()), ("[::1]:9", "::1"));
}

#[test]
fn a_replaced_path_keeps_the_query() {
    let endpoint = endpoint("http://h/v1/chat/completions?key=1");
    assert_eq!(endpoint.request_target(None).concat(), "/v1/chat/completions?key=1");
    assert_eq!(endpoint.request_target(Some("/v1/completions")).concat(), "/v1/completions?key=1");
}

#[test]
fn a_plain_proxy_gets_the_absolute_form() {
    let mut endpoint = endpoint("http://h:81/v1");
    endpoint.proxy = Some(Proxy { host: "p".into(), port: 3128, authorization: None });
    assert_eq!(endpoint.request_target(None).concat(), "http://h:81/v1");
}

#[test]
fn invalid_urls_name_the_flag() {
    let bad = |url: &str| {
        Endpoint::new(&Target { url: url.into(), ..Target::default() }).unwrap_err().to_string()
    };
    assert!(bad("nonsense").starts_with("`--url nonsense` is not a URL: "));
    assert_eq!(bad("ftp://h/"), "`--url ftp://h/` is neither http:// nor https://");
}

#[test]
fn loopback_bypasses_every_proxy() {
    for url in ["http://127.0.0.1:1/", "http://[::1]/", "http://localhost/", "http://a.localhost/"]
    {
        assert!(is_loopback(&Url::parse(url).unwrap()), "{url}");
    }
    assert!(!is_loopback(&Url::parse("http://example.test/").unwrap()));
}

#[test]
fn only_plain_http_proxies_are_supported() {
    let url = Url::parse("http://example.test/v1").unwrap();
    let through = |proxy: &str| proxy_for(&url, &Matcher::builder().all(proxy).build());
    let named = through("http://proxy.test:3128").unwrap().unwrap();
    assert_eq!((named.host.as_str(), named.port), ("proxy.test", 3128));
    for (proxy, scheme) in [("socks5://proxy.test:1080", "socks5"), ("https://proxy.test", "https")]
    {
        let refused = through(proxy).unwrap_err().to_string();
        let wanted = format!(
            "the environment's proxy is a {scheme}:// one; use an http:// proxy, or list the host in \
             NO_PROXY"
        );
        assert_eq!(refused, wanted);
    }
}
