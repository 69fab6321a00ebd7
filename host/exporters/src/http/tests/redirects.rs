//! Redirects: followed within the grants, with what RFC 9110 leaves of the request, and without secrets
//! elsewhere.

use super::server::{Answer, Server, ok, redirect, response};
use super::{Client, get, post, with_header};
use loadwright_core::export::http::Segment;

#[test]
fn methods_and_bodies_follow_the_rules() {
    let table = [
        (301, "POST", "GET", ""),
        (302, "POST", "GET", ""),
        (303, "POST", "GET", ""),
        (307, "POST", "POST", "body"),
        (308, "POST", "POST", "body"),
        (301, "PUT", "PUT", "body"),
        (302, "PATCH", "PATCH", "body"),
        (303, "PUT", "GET", ""),
        (303, "HEAD", "HEAD", ""),
        (302, "HEAD", "HEAD", "body"),
    ];
    for (status, method, then, body) in table {
        let server = Server::start(vec![redirect(status, "/next?a#b"), ok("")]);
        let mut request = with_header(post(&server.url("/"), "body"), "content-type", "text/x");
        request.method = method.into();
        assert_eq!(Client::to(&server.url("")).send(&request).expect("a response").status, 200);
        server.next();
        let next = server.next();
        assert_eq!(next.line, format!("{then} /next?a HTTP/1.1"), "{status} {method}");
        assert_eq!(next.body, body.as_bytes(), "{status} {method}");
        assert_eq!(next.header("content-type").is_some(), !body.is_empty(), "{status} {method}");
    }
}

#[test]
fn secrets_follow_to_the_same_origin_alone() {
    let other = Server::start(vec![ok("there")]);
    let server = Server::start(vec![redirect(307, "/same"), redirect(307, &other.url("/other"))]);
    let grants = [server.url(""), other.url("")];
    let mut client = Client::new(&grants, &grants);
    let request = with_header(get(&server.url("/")), "x-key", "{{secret:api-key}}");
    let request = with_header(with_header(request, "authorization", "plain"), "x-plain", "stays");
    assert_eq!(client.send(&request).expect("a response").body, b"there");
    for seen in [server.next(), server.next()] {
        assert_eq!(seen.header("x-key"), Some(super::KEY));
        assert_eq!(seen.header("authorization"), Some("plain"));
    }
    let seen = other.next();
    assert_eq!((seen.header("x-key"), seen.header("authorization")), (None, None));
    assert_eq!(seen.header("x-plain"), Some("stays"));
}

#[test]
fn secrets_do_not_come_back_with_a_second_redirect() {
    let server = Server::start_at(|at| {
        let to = |host: &str| {
            let location = format!("location: http://{host}.example:{}/", at.port());
            Answer::Close(response(307, &[&location, "connection: close"], b""))
        };
        vec![to("b"), to("a"), ok("back")]
    });
    let grants = ["a.example", "b.example"].map(|host| server.named(host, ""));
    let mut client = Client::new(&grants, &grants);
    client.names.set("a.example", &[&["127.0.0.1"]]);
    client.names.set("b.example", &[&["127.0.0.1"]]);
    let request = with_header(get(&server.named("a.example", "/")), "x-key", "{{secret:api-key}}");
    assert_eq!(client.send(&request).expect("a response").body, b"back");
    let keys = [server.next(), server.next(), server.next()];
    let keys = keys.each_ref().map(|seen| seen.header("x-key"));
    assert_eq!(keys, [Some(super::KEY), None, None]);
}

#[test]
fn each_redirect_is_checked() {
    for target in [
        "http://169.254.169.254/latest",
        "http://metadata.google.internal/",
        "http://10.0.0.1/",
        "http://other.example/",
        "file:///etc/passwd",
        "http://[::ffff:169.254.169.254]/",
        "//evil.example/",
    ] {
        let server = Server::start(vec![redirect(302, target)]);
        let mut client =
            Client::new(&[server.url(""), "http://metadata.google.internal".into()], &[]);
        let fault = client.fault(&get(&server.url("/")));
        let named = ["not granted", "never reach", "no URL of HTTP"];
        assert!(named.iter().any(|named| fault.contains(named)), "{target}: {fault}");
        assert_eq!(client.usage.read().refused, 1);
    }
    let server = Server::start(vec![redirect(302, "http://[")]);
    assert!(Client::to(&server.url("")).fault(&get(&server.url("/"))).contains("leads to no URL"));
}

#[test]
fn five_redirects_are_followed_and_no_more() {
    let chain = |redirects: usize| {
        let answers = (0..redirects).map(|_| redirect(302, "/again")).chain([ok("end")]).collect();
        let server = Server::start(answers);
        Client::to(&server.url("")).send(&get(&server.url("/")))
    };
    assert_eq!(chain(5).expect("a response").body, b"end");
    assert!(chain(6).expect_err("a fault").to_string().contains("more than 5 redirects"));
}

#[test]
fn a_kept_value_in_a_body_does_not_go_elsewhere() {
    let other = Server::start(vec![ok("")]);
    let token = br#"{"token":"token-value"}"#;
    let server = Server::start(vec![
        Answer::Write(response(200, &[], token)),
        redirect(307, &other.url("/")),
    ]);
    let grants = [server.url(""), other.url("")];
    let mut client = Client::new(&grants, &grants);
    let mut request = get(&server.url("/"));
    request.keep = super::keeping::pointer("/token", "token");
    client.send(&request).expect("a response");
    let mut request = post(&server.url("/"), "");
    request.body = vec![Segment::Kept("token".into())];
    assert!(client.fault(&request).contains("may not go to"));
    assert!(other.is_quiet());
}
