//! Chunked bodies, however they are cut, and that no bytes upset them or grow without end.

use super::*;
use proptest::prelude::*;

/// Gives `bytes` in pieces of `step`, and takes what is left of each along.
fn taken(bytes: &[u8], step: usize) -> Result<Option<(Vec<u8>, usize)>, Refusal> {
    let mut chunks = Chunks::default();
    let (mut ahead, mut all) = (Vec::new(), 0);
    for piece in bytes.chunks(step) {
        ahead.extend_from_slice(piece);
        let length = chunks.take(&ahead)?;
        ahead.drain(..length);
        all += length;
    }
    Ok(chunks.is_whole().then_some((chunks.body, all)))
}

#[test]
fn a_body_is_joined_up_to_its_end() {
    let bytes = b"3\r\nabc\r\n2;x=y\r\nde\r\n0\r\nt: u\r\n\r\nnext";
    for step in 1..=bytes.len() {
        let expected = Some((b"abcde".to_vec(), bytes.len() - 4));
        assert_eq!(taken(bytes, step).unwrap(), expected, "by {step}");
    }
    for end in 0..bytes.len() - 4 {
        assert_eq!(taken(&bytes[..end], 1).unwrap(), None, "{end}");
    }
}

#[test]
fn bytes_that_are_no_chunks_are_refused() {
    assert_eq!(taken(b"xyz\r\n", 9).unwrap_err().status, 400);
    assert_eq!(taken(b"1\r\nabc", 9).unwrap_err().status, 400);
}

/// A refusal with this status, before more than `kept` bytes are held back for it.
fn refused(first: &str, rest: &[u8], status: u16, kept: usize) {
    let mut chunks = Chunks::default();
    let mut ahead = first.as_bytes().to_vec();
    let refusal = loop {
        match chunks.take(&ahead) {
            Ok(length) => drop(ahead.drain(..length)),
            Err(refusal) => break refusal,
        }
        assert!(ahead.len() <= kept, "{} bytes are kept of what has no end", ahead.len());
        ahead.extend_from_slice(rest);
    };
    assert_eq!(refusal.status, status, "{refusal}");
}

#[test]
fn nothing_goes_on_without_end() {
    let piece = [b'x'; 1024];
    refused("1;", &piece, 400, LINE_LIMIT);
    refused("0\r\n", b"t: trailer\r\n", 400, TRAILER_LIMIT);
    refused("0\r\nt: ", &piece, 400, TRAILER_LIMIT);
    refused("FFFFFFFFFFFFFFF\r\n", b"", 413, 0);
    let chunk = [b"100000\r\n".as_slice(), &vec![b'x'; 1 << 20], b"\r\n"].concat();
    refused("", &chunk, 413, chunk.len());
}

proptest! {
    #[test]
    fn any_chunks_give_their_bytes(chunks in prop::collection::vec(
        prop::collection::vec(any::<u8>(), 1..50), 0..10), step in 1_usize..99)
    {
        let mut bytes = Vec::new();
        for chunk in &chunks {
            bytes.extend_from_slice(format!("{:x}\r\n", chunk.len()).as_bytes());
            bytes.extend_from_slice(chunk);
            bytes.extend_from_slice(b"\r\n");
        }
        bytes.extend_from_slice(b"0\r\n\r\n");
        prop_assert_eq!(taken(&bytes, step).unwrap(), Some((chunks.concat(), bytes.len())));
    }

    #[test]
    fn nothing_panics(bytes in prop::collection::vec(any::<u8>(), 0..200), step in 1_usize..99) {
        let _: Result<_, Refusal> = taken(&bytes, step);
    }
}
