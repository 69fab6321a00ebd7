//! Heads that can be sent, and those that would be something else on the wire.

use super::*;
use proptest::prelude::*;

fn head(method: &str, path: Option<&str>, headers: &[(&str, &str)]) -> Head {
    let own = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    let headers = headers.iter().map(own).collect();
    Head { method: method.into(), path: path.map(str::to_owned), headers }
}

#[test]
fn plain_heads_pass() {
    for method in ["POST", "GET", "PUT", "PATCH"] {
        for path in [None, Some("/v1/x"), Some("v1/x"), Some("/a%20b?c=d&e"), Some("/")] {
            head(method, path, &[("content-type", "text/x"), ("X-A", "")]).check().unwrap();
        }
    }
    check_header("Accept-Encoding", "identity").unwrap();
    check_url("https://h:1/a b?c#d").unwrap();
}

#[test]
fn parts_that_would_be_more_than_one_are_refused() {
    for method in ["", "POST /x", "POST\r\n", "CONNECT", "HEAD", "PÖST"] {
        let bad = head(method, None, &[]).check();
        assert_eq!(bad, Err(BadHead::Method(method.into())));
    }
    for path in ["/a b", "/a\r\nx: y", "/a#b", "/ä", "/\0", "/a\tb", "/x HTTP/1.1\r\n\r\n"] {
        assert_eq!(head("GET", Some(path), &[]).check(), Err(BadHead::Path(path.into())));
    }
    for name in ["", "a b", "a:", ":path", "a\r\nb", "ä"] {
        assert_eq!(check_header(name, "x"), Err(BadHead::Name(name.into())));
    }
    for value in ["a\r\nb: c", "a\nb", "a\0", "\u{7f}"] {
        assert_eq!(check_header("x-a", value), Err(BadHead::Value("x-a".into())));
    }
    for url in ["http://h/\r\nx: y", "http://h/a\tb", "http://h\n"] {
        assert_eq!(check_url(url), Err(BadHead::Control));
    }
}

#[test]
fn headers_of_the_connection_are_the_writers() {
    for name in ["Content-Length", "TRANSFER-ENCODING", "connection", "Upgrade", "TE"] {
        assert_eq!(check_header(name, "1"), Err(BadHead::Reserved(name.into())));
        let bad = head("POST", None, &[("x-a", "1"), (name, "1")]).check();
        assert_eq!(bad, Err(BadHead::Reserved(name.into())));
    }
    let bad = head("POST", None, &[("accept-encoding", "gzip")]).check();
    assert_eq!(bad, Err(BadHead::Encoding("accept-encoding".into())));
}

#[test]
fn the_host_is_one_and_the_users() {
    for host in ["example.com", "example.com:8000", "10.0.0.1", "[::1]:80", "[::1]", "a"] {
        check_header("Host", host).unwrap();
        let bad = head("GET", None, &[("Host", host)]).check();
        assert_eq!(bad, Err(BadHead::TargetHost("Host".into())));
    }
    for host in [
        "", "a b", "a/b", "http://a", "user@a", "a:b", "a:", "a:+1", "[a]", "::1", "a:99999",
        "a,b", ":80",
    ] {
        assert_eq!(check_header("host", host), Err(BadHead::Host("host".into())), "{host}");
    }
    let own = |name: &str| (name.to_owned(), "a".to_owned());
    check_headers(&[own("host"), own("x-a"), own("x-a")]).unwrap();
    let twice = check_headers(&[own("host"), own("x-a"), own("Host")]);
    assert_eq!(twice, Err(BadHead::Twice("Host".into())));
}

#[test]
fn texts_show_no_value_and_no_raw_bytes() {
    for (name, value) in [("x-key", "sk-secret\r\n"), ("host", "sk-secret\u{1b}")] {
        let text = check_header(name, value).unwrap_err().to_string();
        assert!(text.contains(name) && !text.contains("secret"), "{text}");
    }
    let text = check_header("a\u{1b}[2Jb\n", "x").unwrap_err().to_string();
    assert!(!text.contains(['\u{1b}', '\n']), "{text}");
}

proptest! {
    /// What passes is written as one line of its own, whatever was tried.
    #[test]
    fn what_passes_is_one_line(method in "\\PC{0,6}", path in "[/a-z\\r\\n #?%é]{0,12}",
        name in "[a-z\\r\\n: -]{1,8}", value in "[ -~\\r\\n\\té]{0,12}") {
        let head = head(&method, Some(&path), &[(&name, &value)]);
        if head.check().is_ok() {
            let line = format!("{method} {path} HTTP/1.1");
            prop_assert_eq!(line.split(' ').count(), 3);
            let text = format!("{line}\r\n{name}: {value}\r\n");
            prop_assert_eq!(text.split(['\r', '\n']).filter(|line| !line.is_empty()).count(), 2);
            let (read, behind) = text.split_once("\r\n").unwrap().1.split_once(':').unwrap();
            prop_assert_eq!((read, behind.trim()), (name.as_str(), value.trim()));
        }
    }
}
