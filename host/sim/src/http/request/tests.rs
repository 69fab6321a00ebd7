//! Request heads: complete, incomplete and malformed.

use super::*;
use proptest::prelude::*;

fn read(text: &str) -> Option<(RequestHead, usize)> {
    RequestHead::read(text.as_bytes()).unwrap()
}

#[test]
fn a_head_is_parsed_once_it_is_complete() {
    let text = "POST /v1/completions?x=1 HTTP/1.1\r\nHost: a\r\nContent-Length: 12\r\n\
                X-Request-Id: lw-1\r\nTraceparent: 00-a-b-01\r\nx-sim-fault: drop\r\nExpect: 100-continue\r\n\r\n";
    for end in 0..text.len() {
        assert_eq!(read(&text[..end]), None);
    }
    let (head, length) = read(&format!("{text}body")).unwrap();
    assert_eq!(length, text.len());
    let expected = RequestHead {
        method: "POST".into(),
        path: "/v1/completions".into(),
        request_id: "lw-1".into(),
        traceparent: "00-a-b-01".into(),
        fault: Some("drop".into()),
        keep_alive: true,
        expects_continue: true,
        framing: Framing::Length(12),
    };
    assert_eq!(head, expected);
}

#[test]
fn keep_alive_follows_version_and_header() {
    let keep = |text: &str| read(text).unwrap().0.keep_alive;
    assert!(keep("GET / HTTP/1.1\r\n\r\n"));
    assert!(!keep("GET / HTTP/1.0\r\n\r\n"));
    assert!(!keep("GET / HTTP/1.1\r\nConnection: Close\r\n\r\n"));
    assert!(keep("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"));
}

#[test]
fn malformed_and_oversized_heads_are_rejected() {
    assert!(RequestHead::read(b"\x16\x03\x01\x00\xa5").is_err());
    let length = |value: &str| {
        let head = format!("POST / HTTP/1.1\r\ncontent-length: {value}\r\n\r\n");
        RequestHead::read(head.as_bytes()).map(|_| 200).unwrap_or_else(|error| error.status)
    };
    let huge = "9".repeat(30);
    let values = ["-1", "1, 1", "x", "", "67108864", "67108865", "99999999999999", &huge];
    assert_eq!(values.map(length), [400, 400, 400, 400, 200, 413, 413, 413]);
    let long = format!("GET / HTTP/1.1\r\nx: {}", "y".repeat(HEAD_LIMIT));
    assert!(RequestHead::read(long.as_bytes()).is_err());
}

proptest! {
    #[test]
    fn arbitrary_bytes_do_not_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _: Result<_, ErrorResponse> = RequestHead::read(&bytes);
    }
}
