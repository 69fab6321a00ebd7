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
fn folded_headers_are_one_line() {
    let folded = b"HTTP/1.1 200 OK\r\ncontent-type:\r\n text/event-stream;\r\n\tcharset=utf-8\r\n\
        x-a: one\r\n  two\r\ncontent-length: 3\r\n\r\n";
    let (head, length) = parse(folded).unwrap().unwrap();
    assert_eq!((head.framing, length), (Framing::Sse, folded.len()));
    assert_eq!(head.delimiter, Delimiter::Length(3));
    let fields = fields(folded);
    let expected = [
        ("content-type", "text/event-stream; charset=utf-8"),
        ("x-a", "one two"),
        ("content-length", "3"),
    ];
    assert_eq!(fields, expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
}

#[test]
fn a_hundred_headers_are_read_and_no_more() {
    let head = |count: usize| {
        format!("HTTP/1.1 200 OK\r\n{}\r\n", "x-a: b\r\n".repeat(count)).into_bytes()
    };
    assert!(parse(&head(100)).unwrap().is_some());
    let error = parse(&head(101)).unwrap_err();
    assert_eq!(error, BadHead::TooMany);
    assert_eq!(error.to_string(), "the reply's head has more than 100 headers");
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
