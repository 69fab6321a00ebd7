//! Values kept from responses: masked in what the exporter sees, used where they may go.

use super::server::{Answer, Server, ok, response};
use super::{Client, get, post, with_header};
use loadwright_core::export::http::{Keep, Location, Segment};

pub(super) fn pointer(pointer: &str, name: &str) -> Vec<Keep> {
    vec![Keep { at: Location::Pointer(pointer.into()), name: name.into() }]
}

#[test]
fn pointers_headers_and_cookies_are_kept_and_masked() {
    let headers = [
        "x-token: header-value",
        "set-cookie: sid=cookie-value; Path=/; HttpOnly",
        "set-cookie: b=plain",
    ];
    let body = br#"{"data":{"token":"json-value","n":7},"echo":"header-value","id":"id-1"}"#;
    let server = Server::start(vec![Answer::Write(response(200, &headers, body)), ok("")]);
    let mut client = Client::to(&server.url(""));
    let mut request = get(&server.url("/"));
    request.keep = pointer("/data/token", "json");
    let at = [Location::Header("X-Token".into()), Location::Cookie("sid".into())];
    for (at, name) in at.into_iter().zip(["header", "cookie"]) {
        request.keep.push(Keep { at, name: name.into() });
    }
    request.keep.extend(pointer("/gone", "gone"));
    let seen = client.send(&request).expect("a response");
    let json: serde_json::Value = serde_json::from_slice(&seen.body).expect("JSON");
    let mask = "**********";
    let expected = serde_json::json!({"data":{"token":mask,"n":7},"echo":mask,"id":"id-1"});
    assert_eq!(json, expected);
    let cookies: Vec<&str> =
        seen.headers.iter().filter(|(n, _)| n == "set-cookie").map(|(_, v)| v.as_str()).collect();
    assert_eq!(cookies, ["sid=**********; Path=/; HttpOnly", "b=plain"]);
    assert!(seen.headers.contains(&("x-token".into(), mask.into())), "{:?}", seen.headers);

    let mut request = post(&server.url("/{{kept:json}}"), "a=");
    request = with_header(request, "cookie", "sid={{kept:cookie}}");
    request.body.push(Segment::Kept("header".into()));
    client.send(&request).expect("a response");
    server.next();
    let sent = server.next();
    assert_eq!(sent.line, "POST /json-value HTTP/1.1");
    assert_eq!(sent.header("cookie"), Some("sid=cookie-value"));
    assert_eq!(sent.body, b"a=header-value");
    let fault = client.fault(&get(&server.url("/{{kept:gone}}")));
    assert!(fault.contains("nothing is kept as `gone`"), "{fault}");
}

#[test]
fn text_in_bodies_is_not_searched_for_placeholders() {
    let server = Server::start(vec![ok("")]);
    let text = "{{secret:api-key}} {{kept:x}} {{";
    Client::to(&server.url("")).send(&post(&server.url("/"), text)).expect("a response");
    assert_eq!(server.next().body, text.as_bytes());
}

#[test]
fn a_kept_url_is_requested_without_secrets() {
    let storage = Server::start(vec![ok("stored")]);
    let body = format!(r#"{{"url":"{}"}}"#, storage.url("/up?sig=1"));
    let server = Server::start(vec![ok(&body)]);
    let mut client = Client::to(&server.url(""));
    let mut request = get(&server.url("/"));
    request.keep = pointer("/url", "upload");
    let seen = client.send(&request).expect("a response");
    assert!(!String::from_utf8_lossy(&seen.body).contains("sig=1"));

    let mut request = post("{{kept:upload}}", "content");
    for value in ["{{secret:api-key}}", "{{basic:u:api-key}}", "{{kept:upload}}"] {
        let fault = client.fault(&with_header(request.clone(), "x-key", value));
        assert!(fault.contains("may not go to"), "{value}: {fault}");
    }
    assert!(client.fault(&post(&storage.url("/up?sig=1"), "")).contains("is not granted"));
    assert!(client.fault(&post("{{kept:upload}}/more", "")).contains("URL"));
    request.method = "PUT".into();
    assert_eq!(client.send(&request).expect("a response").body, b"stored");
    assert_eq!(storage.next().line, "PUT /up?sig=1 HTTP/1.1");
}

/// A client that has kept `url` from a server, whose name has the address `from`.
fn kept(url: &str, server: &Server, public: bool) -> Client {
    let named = server.named("api.example", "/");
    let mut client = Client::to(&named);
    client.names.set("api.example", &[&["127.0.0.1"]]);
    client.names.set("storage.example", &[&["127.0.0.1"]]);
    let mut request = get(&named);
    request.keep = pointer("/url", "upload");
    client.send(&request).expect("a response");
    if public {
        let (_, kept) = client.vault.kept_url("upload").expect("a URL");
        let public = crate::secrets::Kept { reach: crate::address::Reach::Public, ..kept.clone() };
        client.vault.keep("upload", public).expect("kept");
    }
    assert!(url.starts_with("http"));
    client
}

#[test]
fn a_kept_url_leads_no_closer_than_the_server_that_gave_it() {
    let storage = Server::start(vec![ok("stored")]);
    let url = storage.named("storage.example", "/up");
    let body = format!(r#"{{"url":"{url}"}}"#);
    let server = Server::start(vec![ok(&body)]);
    let local = kept(&url, &server, false).send(&get("{{kept:upload}}"));
    assert_eq!(local.expect("the server is on this machine too").body, b"stored");
    let server = Server::start(vec![ok(&body)]);
    let fault = kept(&url, &server, true).fault(&get("{{kept:upload}}"));
    assert!(fault.contains("only a grant that names it leads there"), "{fault}");
    for never in
        ["http://169.254.169.254/", "http://[fe80::1]/", "http://metadata.google.internal/"]
    {
        let server = Server::start(vec![ok(&format!(r#"{{"url":"{never}"}}"#))]);
        let fault = kept(never, &server, false).fault(&get("{{kept:upload}}"));
        assert!(fault.contains("never reach"), "{never}: {fault}");
    }
}

#[test]
fn a_value_is_not_kept_of_a_part_of_a_response() {
    let server = Server::start(vec![ok(r#"{"a":"value"}"#), ok("no JSON")]);
    let mut client = Client::to(&server.url(""));
    let mut request = get(&server.url("/"));
    request.keep = pointer("/a", "a");
    request.max_bytes = 5;
    assert!(client.fault(&request).contains("longer than max-bytes"));
    request.max_bytes = 100;
    assert_eq!(client.send(&request).expect("a response").body, b"no JSON");
    request.keep = pointer("/a", "a b");
    assert!(client.fault(&request).contains("name to keep"));
}
