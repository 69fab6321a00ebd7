//! Chunked bodies, split at any point, malformed or without end.

use super::*;
use proptest::prelude::*;

/// Decodes `bytes` in pieces of `step`: the body, and how many bytes it consumed.
fn decoded(bytes: &[u8], step: usize) -> Result<Option<(Vec<u8>, usize)>, ErrorResponse> {
    let mut chunks = ChunkedBody::default();
    let (mut ahead, mut all) = (Vec::new(), 0);
    for piece in bytes.chunks(step) {
        ahead.extend_from_slice(piece);
        let length = chunks.decode(&ahead)?;
        ahead.drain(..length);
        all += length;
    }
    Ok(chunks.is_complete().then_some((chunks.body, all)))
}

#[test]
fn chunks_are_joined_and_what_follows_is_left() {
    let bytes = b"3\r\nabc\r\n2;x=y\r\nde\r\n0\r\nt: u\r\n\r\nnext";
    for step in 1..=bytes.len() {
        let expected = Some((b"abcde".to_vec(), bytes.len() - 4));
        assert_eq!(decoded(bytes, step).unwrap(), expected, "by {step}");
    }
    for end in 0..bytes.len() - 4 {
        assert_eq!(decoded(&bytes[..end], 1).unwrap(), None, "{end}");
    }
}

#[test]
fn malformed_chunks_are_rejected() {
    assert_eq!(decoded(b"xyz\r\n", 9).unwrap_err().status, 400);
    assert_eq!(decoded(b"1\r\nabc", 9).unwrap_err().status, 400);
}

/// Expects an error with this status before more than `kept` bytes are buffered.
fn rejected(first: &str, rest: &[u8], status: u16, kept: usize) {
    let mut chunks = ChunkedBody::default();
    let mut ahead = first.as_bytes().to_vec();
    let error = loop {
        match chunks.decode(&ahead) {
            Ok(length) => drop(ahead.drain(..length)),
            Err(error) => break error,
        }
        assert!(ahead.len() <= kept, "{} bytes are buffered of an endless input", ahead.len());
        ahead.extend_from_slice(rest);
    };
    assert_eq!(error.status, status, "{error}");
}

#[test]
fn endless_input_is_rejected() {
    let piece = [b'x'; 1024];
    rejected("1;", &piece, 400, LINE_LIMIT);
    rejected("0\r\n", b"t: trailer\r\n", 400, TRAILER_LIMIT);
    rejected("0\r\nt: ", &piece, 400, TRAILER_LIMIT);
    rejected("FFFFFFFFFFFFFFF\r\n", b"", 413, 0);
    let chunk = [b"100000\r\n".as_slice(), &vec![b'x'; 1 << 20], b"\r\n"].concat();
    rejected("", &chunk, 413, chunk.len());
}

proptest! {
    #[test]
    fn any_chunks_decode_to_their_bytes(chunks in prop::collection::vec(
        prop::collection::vec(any::<u8>(), 1..50), 0..10), step in 1_usize..99)
    {
        let mut bytes = Vec::new();
        for chunk in &chunks {
            bytes.extend_from_slice(format!("{:x}\r\n", chunk.len()).as_bytes());
            bytes.extend_from_slice(chunk);
            bytes.extend_from_slice(b"\r\n");
        }
        bytes.extend_from_slice(b"0\r\n\r\n");
        prop_assert_eq!(decoded(&bytes, step).unwrap(), Some((chunks.concat(), bytes.len())));
    }

    #[test]
    fn arbitrary_bytes_do_not_panic(bytes in prop::collection::vec(any::<u8>(), 0..200), step in 1_usize..99) {
        let _: Result<_, ErrorResponse> = decoded(&bytes, step);
    }
}
