//! Heads and chunked bodies, and that no bytes upset them.

use super::*;
use proptest::prelude::*;

fn read(text: &str) -> Option<(Head, usize)> {
    Head::read(text.as_bytes()).unwrap()
}

#[test]
fn a_head_is_read_once_it_is_whole() {
    let text = "POST /v1/completions?x=1 HTTP/1.1\r\nHost: a\r\nContent-Length: 12\r\n\
                X-Request-Id: lw-1\r\nx-sim-fault: drop\r\nExpect: 100-continue\r\n\r\n";
    for end in 0..text.len() {
        assert_eq!(read(&text[..end]), None);
    }
    let (head, length) = read(&format!("{text}body")).unwrap();
    assert_eq!(length, text.len());
    let expected = Head {
        method: "POST".into(),
        path: "/v1/completions".into(),
        request_id: "lw-1".into(),
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
fn bytes_that_are_no_request_are_refused() {
    assert!(Head::read(b"\x16\x03\x01\x00\xa5").is_err());
    assert!(Head::read(b"GET / HTTP/1.1\r\ncontent-length: -1\r\n\r\n").is_err());
    assert!(Head::read(b"GET / HTTP/1.1\r\ncontent-length: 99999999999999\r\n\r\n").is_err());
    let long = format!("GET / HTTP/1.1\r\nx: {}", "y".repeat(HEAD_LIMIT));
    assert!(Head::read(long.as_bytes()).is_err());
    assert!(chunked(b"xyz\r\n").is_err());
    assert!(chunked(b"1\r\nabc").is_err());
}

#[test]
fn a_chunked_body_is_joined_up_to_its_end() {
    let bytes = b"3\r\nabc\r\n2;x=y\r\nde\r\n0\r\nt: u\r\n\r\nnext";
    assert_eq!(chunked(bytes).unwrap(), Some((b"abcde".to_vec(), bytes.len() - 4)));
    for end in 0..bytes.len() - 4 {
        assert_eq!(chunked(&bytes[..end]).unwrap(), None, "{end}");
    }
}

proptest! {
    #[test]
    fn any_chunks_give_their_bytes(chunks in prop::collection::vec(
        prop::collection::vec(any::<u8>(), 1..50), 0..10))
    {
        let mut bytes = Vec::new();
        for chunk in &chunks {
            bytes.extend_from_slice(format!("{:x}\r\n", chunk.len()).as_bytes());
            bytes.extend_from_slice(chunk);
            bytes.extend_from_slice(b"\r\n");
        }
        bytes.extend_from_slice(b"0\r\n\r\n");
        prop_assert_eq!(chunked(&bytes).unwrap(), Some((chunks.concat(), bytes.len())));
    }

    #[test]
    fn nothing_panics(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _: Result<_, Malformed> = Head::read(&bytes);
        let _: Result<_, Malformed> = chunked(&bytes);
    }
}
