//! Parses any bytes as responses: bytes behind a head do not change it, and a chunked body in any
//! split gives what a naive reader of the whole gives.
#![no_main]

use libfuzzer_sys::fuzz_target;
use loadwright_engine::http1::head;
use loadwright_engine::response::body::{Body, Delimiter};

/// The body, whether it is complete, and the number of bytes behind it; `None` if it is malformed.
fn split(bytes: &[u8], part: usize) -> Option<(Vec<u8>, bool, usize)> {
    let (mut reader, mut body, mut behind) = (Body::new(Delimiter::Chunked), Vec::new(), 0);
    for mut part in bytes.chunks(part) {
        while let Some(run) = reader.next(&mut part).ok()? {
            body.extend_from_slice(run);
        }
        behind += part.len();
    }
    Some((body, reader.done(), behind))
}

/// A complete and well-formed chunked body, read line by line.
fn naive(mut bytes: &[u8]) -> Option<(Vec<u8>, usize)> {
    fn line<'a>(bytes: &mut &'a [u8]) -> Option<&'a str> {
        let end = bytes.windows(2).position(|pair| pair == b"\r\n")?;
        let line = std::str::from_utf8(&bytes[..end]).ok()?;
        *bytes = &bytes[end + 2..];
        (!line.contains(['\r', '\n'])).then_some(line)
    }
    let mut body = Vec::new();
    loop {
        let size = line(&mut bytes)?;
        let hex = size.split(';').next()?;
        if hex.is_empty() || hex.len() > 15 || !hex.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return None;
        }
        let size = usize::from_str_radix(hex, 16).ok()?;
        if size == 0 {
            break;
        }
        body.extend_from_slice(bytes.get(..size)?);
        bytes = bytes[size..].strip_prefix(b"\r\n")?;
    }
    while !line(&mut bytes)?.is_empty() {}
    Some((body, bytes.len()))
}

fuzz_target!(|data: &[u8]| {
    let Some((&part, bytes)) = data.split_first() else { return };
    if let Ok(Some((head, length))) = head::parse(bytes, true) {
        assert_eq!(head::parse(&bytes[..length], true), Ok(Some((head, length))));
    }
    let whole = split(bytes, usize::MAX);
    for part in [1, usize::from(part).max(1)] {
        assert_eq!(split(bytes, part), whole);
    }
    if let Some((body, behind)) = naive(bytes) {
        assert_eq!(whole, Some((body, true, behind)));
    }
});
