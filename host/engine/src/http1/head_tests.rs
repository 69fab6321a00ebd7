//! Heads against what RFC 9112 says of them.

use super::*;

fn head(text: &str) -> Head {
    let bytes = text.replace('\n', "\r\n");
    let (head, length) = parse(bytes.as_bytes()).unwrap().expect("a whole head");
    assert_eq!(length, bytes.find("\r\n\r\n").unwrap() + 4);
    head
}

#[test]
fn bodies_are_delimited_as_the_rfc_says() {
    let delimiter = |text: &str| head(text).delimiter;
    assert_eq!(delimiter("HTTP/1.1 200 OK\ncontent-length: 12\n\n"), Delimiter::Length(12));
    assert_eq!(delimiter("HTTP/1.1 200 OK\nContent-Length: 0\n\n"), Delimiter::Empty);
    assert_eq!(delimiter("HTTP/1.1 200 OK\nTransfer-Encoding: Chunked\n\n"), Delimiter::Chunked);
    assert_eq!(
        delimiter("HTTP/1.1 200 OK\ntransfer-encoding: gzip, chunked\n\n"),
        Delimiter::Chunked
    );
    assert_eq!(delimiter("HTTP/1.1 200 OK\ntransfer-encoding: gzip\n\n"), Delimiter::Close);
    assert_eq!(delimiter("HTTP/1.1 200 OK\n\n"), Delimiter::Close);
    assert_eq!(delimiter("HTTP/1.1 204 No\ncontent-length: 5\n\n"), Delimiter::Empty);
    assert_eq!(delimiter("HTTP/1.1 100 Continue\n\n"), Delimiter::Empty);
    let both = "HTTP/1.1 200 OK\ncontent-length: 5\ntransfer-encoding: chunked\n\n";
    assert_eq!(delimiter(both), Delimiter::Chunked);
}

#[test]
fn a_connection_is_kept_only_where_both_ends_know_where_the_body_ends() {
    let kept = |text: &str| head(text).keep_alive;
    assert!(kept("HTTP/1.1 200 OK\ncontent-length: 1\n\n"));
    assert!(!kept("HTTP/1.1 200 OK\ncontent-length: 1\nConnection: close\n\n"));
    assert!(!kept("HTTP/1.0 200 OK\ncontent-length: 1\n\n"));
    assert!(kept("HTTP/1.0 200 OK\ncontent-length: 1\nconnection: Keep-Alive\n\n"));
    assert!(!kept("HTTP/1.1 200 OK\n\n"));
}

#[test]
fn contradictions_and_other_languages_are_errors() {
    let length = b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\ncontent-length: 6\r\n\r\n";
    assert_eq!(parse(length).unwrap_err(), BadHead::Length("content-length"));
    let negative = b"HTTP/1.1 200 OK\r\ncontent-length: -1\r\n\r\n";
    assert_eq!(parse(negative).unwrap_err(), BadHead::Length("content-length"));
    assert!(matches!(parse(b"SSH-2.0-OpenSSH\r\n\r\n"), Err(BadHead::Syntax(_))));
}

#[test]
fn every_prefix_of_a_head_asks_for_more() {
    let whole = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\n\r\n";
    for end in 0..whole.len() {
        assert_eq!(parse(&whole[..end]).unwrap(), None, "at {end}");
    }
    let (head, _) = parse(whole).unwrap().unwrap();
    assert_eq!(head.framing, Framing::Sse);
}
