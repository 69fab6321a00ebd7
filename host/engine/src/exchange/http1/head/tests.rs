//! Heads against what RFC 9112 says of them.

use super::*;
use crate::exchange::framing::Framing;

fn head(text: &str) -> ResponseHead {
    let bytes = text.replace('\n', "\r\n");
    let (head, length) = parse(bytes.as_bytes(), false).unwrap().expect("a whole head");
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
fn a_connection_is_kept_only_if_both_sides_know_where_the_body_ends() {
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
    let (head, length) = parse(folded, true).unwrap().unwrap();
    assert_eq!((head.framing, length), (Framing::Sse, folded.len()));
    assert_eq!(head.delimiter, Delimiter::Length(3));
    let expected = [
        ("content-type", "text/event-stream; charset=utf-8"),
        ("x-a", "one two"),
        ("content-length", "3"),
    ];
    assert_eq!(head.headers.unwrap().iter().collect::<Vec<_>>(), expected);
}

#[test]
fn a_hundred_headers_are_read_and_no_more() {
    let head = |count: usize| {
        format!("HTTP/1.1 200 OK\r\n{}\r\n", "x-a: b\r\n".repeat(count)).into_bytes()
    };
    assert!(parse(&head(100), true).unwrap().is_some());
    let error = parse(&head(101), true).unwrap_err();
    assert_eq!(error, BadHead::TooMany);
    assert_eq!(error.to_string(), "the reply's head has more than 100 headers");
}

#[test]
fn contradictory_lengths_and_other_protocols_are_errors() {
    let length = b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\ncontent-length: 6\r\n\r\n";
    assert_eq!(parse(length, true).unwrap_err(), BadHead::Length("content-length"));
    let negative = b"HTTP/1.1 200 OK\r\ncontent-length: -1\r\n\r\n";
    assert_eq!(parse(negative, true).unwrap_err(), BadHead::Length("content-length"));
    assert!(matches!(parse(b"SSH-2.0-OpenSSH\r\n\r\n", true), Err(BadHead::Syntax(_))));
}

#[test]
fn every_prefix_of_a_head_asks_for_more() {
    let whole = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\n\r\n";
    for end in 0..whole.len() {
        assert_eq!(parse(&whole[..end], true).unwrap(), None, "at {end}");
    }
    let (head, _) = parse(whole, true).unwrap().unwrap();
    assert_eq!(head.framing, Framing::Sse);
}

#[test]
fn a_head_in_pieces_is_read_once_it_is_whole() {
    let interim = b"HTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\n";
    let head = b"HTTP/1.1 200 OK\r\ncontent-length: 4\r\nx-a: b\r\n\r\n";
    let wire = [&interim[..], head, b"body"].concat();
    for first in 0..interim.len() + head.len() {
        let (mut reader, (front, back)) = (HeadReader::default(), wire.split_at(first));
        assert_eq!(reader.read(front, true), Ok(None), "{first} bytes");
        let (read, behind) = reader.read(back, true).unwrap().expect("the rest of it");
        assert_eq!((read.status, read.delimiter), (200, Delimiter::Length(4)));
        assert_eq!(
            read.headers.unwrap().iter().count(),
            2,
            "those of the interim response are not its"
        );
        assert_eq!(behind, b"body");
    }
}

#[test]
fn a_head_without_end_is_given_up() {
    let mut reader = HeadReader::default();
    let line = format!("x: {}\r\n", "a".repeat(1_000));
    assert_eq!(reader.read(b"HTTP/1.1 200 OK\r\n", false), Ok(None));
    let refused = (1..100).find_map(|lines| match reader.read(line.as_bytes(), false) {
        Ok(read) => read.map(|_| Ok(lines)),
        Err(error) => Some(Err((lines, error))),
    });
    // 17 bytes and 66 lines of 1,005 are the first to exceed 65,536.
    assert_eq!(refused, Some(Err((66, BadHead::TooLarge))));
}
