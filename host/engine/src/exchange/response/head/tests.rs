use super::*;

fn head(keeps_headers: bool, headers: &[(&str, &[u8])]) -> ResponseHead {
    let mut head = ResponseHead::new(200, keeps_headers);
    for (name, value) in headers {
        head.add(name, value);
    }
    head
}

#[test]
fn the_engine_takes_what_it_needs_whatever_the_case_of_the_names() {
    let headers: [(&str, &[u8]); 4] = [
        ("Content-Type", b"text/event-stream; charset=utf-8"),
        ("content-encoding", b" gzip "),
        ("RETRY-AFTER", b"3"),
        ("server", b"x"),
    ];
    let head = head(false, &headers);
    assert_eq!(head.framing, Framing::Sse);
    assert_eq!(head.encoding.as_deref(), Some("gzip"));
    assert_eq!(head.retry_after.as_deref(), Some("3"));
    assert_eq!((head.headers.as_ref(), head.header("server")), (None, None));
}

#[test]
fn identity_is_not_an_encoding() {
    for name in ["identity", "Identity"] {
        assert_eq!(head(false, &[("content-encoding", name.as_bytes())]).encoding, None);
    }
}

#[test]
fn all_headers_are_kept_in_order() {
    let head = head(true, &[("Set-Cookie", b"a"), ("x", b"\xff"), ("set-cookie", b"b")]);
    let expected = [("set-cookie", "a"), ("x", "\u{fffd}"), ("set-cookie", "b")];
    assert_eq!(head.headers.as_ref().unwrap().iter().collect::<Vec<_>>(), expected);
    assert_eq!((head.header("set-cookie"), head.header("y")), (Some("a"), None));
}
