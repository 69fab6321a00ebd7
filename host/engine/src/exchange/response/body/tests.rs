//! Bodies against the bytes that were put into them, split anywhere.

use super::*;
use proptest::prelude::*;

/// Feeds `pieces`, gathering the body; the second value is what was left behind it.
fn read(delimiter: Delimiter, pieces: &[&[u8]]) -> Result<(Vec<u8>, Vec<u8>, bool), BadChunk> {
    let (mut body, mut bytes, mut behind) = (Body::new(delimiter), Vec::new(), Vec::new());
    for piece in pieces {
        let mut input = *piece;
        while let Some(run) = body.next(&mut input)? {
            bytes.extend_from_slice(run);
        }
        behind.extend_from_slice(input);
    }
    Ok((bytes, behind, body.done()))
}

#[test]
fn chunks_with_extensions_and_trailers() {
    let wire = b"4;name=value\r\nWiki\r\nA \r\n0123456789\r\n0\r\nExpires: never\r\n\r\nHTTP";
    let expected = (b"Wiki0123456789".to_vec(), b"HTTP".to_vec(), true);
    assert_eq!(read(Delimiter::Chunked, &[wire]), Ok(expected));
}

#[test]
fn malformed_chunks_are_errors() {
    for wire in [&b"x\r\n"[..], b"\r\n", b"3\r\nabcX", b"-1\r\n", b"1000000000000000\r\n"] {
        assert_eq!(read(Delimiter::Chunked, &[wire]), Err(BadChunk), "{wire:?}");
    }
}

#[test]
fn a_length_ends_the_body_and_closing_may_cut_it() {
    let whole = read(Delimiter::Length(3), &[b"ab", b"cd"]).unwrap();
    assert_eq!(whole, (b"abc".to_vec(), b"d".to_vec(), true));
    let mut body = Body::new(Delimiter::Length(3));
    body.next(&mut &b"ab"[..]).unwrap();
    assert!(!body.may_close());
    assert!(Body::new(Delimiter::Close).may_close());
    assert!(Body::new(Delimiter::Empty).done());
}

proptest! {
    #[test]
    fn any_split_of_any_chunks_gives_the_body(
        chunks in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 1..40), 0..8),
        cuts in proptest::collection::vec(any::<prop::sample::Index>(), 0..6),
    ) {
        let mut wire = Vec::new();
        for chunk in &chunks {
            wire.extend_from_slice(format!("{:x}\r\n", chunk.len()).as_bytes());
            wire.extend_from_slice(chunk);
            wire.extend_from_slice(b"\r\n");
        }
        wire.extend_from_slice(b"0\r\n\r\n");
        let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(wire.len() + 1)).collect();
        cuts.sort_unstable();
        let mut pieces = Vec::new();
        let mut start = 0;
        for cut in cuts {
            pieces.push(&wire[start..cut]);
            start = cut;
        }
        pieces.push(&wire[start..]);
        let (bytes, behind, done) = read(Delimiter::Chunked, &pieces).unwrap();
        prop_assert_eq!(bytes, chunks.concat());
        prop_assert!(behind.is_empty() && done);
    }

    #[test]
    fn arbitrary_bytes_never_panic(wire in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = read(Delimiter::Chunked, &[&wire]);
    }
}
