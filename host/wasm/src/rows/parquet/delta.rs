//! Checks how many lengths a page of delta-encoded texts claims to have: the decoder reserves memory
//! for all of them before it reads one.

use super::thrift::varint;
use parquet::basic::Encoding;

/// Whether the values of a page claim no more lengths than the page has values.
pub(super) fn is_sound(encoding: Encoding, values: &[u8], most: u64) -> bool {
    match encoding {
        Encoding::DELTA_LENGTH_BYTE_ARRAY => claims(values).is_some_and(|count| count <= most),
        // The lengths of shared beginnings, and then the rest of each text with its length.
        Encoding::DELTA_BYTE_ARRAY => end(values, most)
            .and_then(|end| values.get(end..))
            .and_then(claims)
            .is_some_and(|count| count <= most),
        _ => true,
    }
}

/// How many numbers a delta-encoded block claims to hold.
fn claims(bytes: &[u8]) -> Option<u64> {
    Some(header(bytes)?.count)
}

struct Header {
    block: u64,
    parts: u64,
    count: u64,
    length: usize,
}

fn header(bytes: &[u8]) -> Option<Header> {
    let mut at = 0;
    let mut next = || {
        let (value, length) = varint(&bytes[at..]).ok()?;
        at += length;
        Some(value)
    };
    let (block, parts, count, _first) = (next()?, next()?, next()?, next()?);
    Some(Header { block, parts, count, length: at })
}

/// Where delta-encoded numbers end.
fn end(bytes: &[u8], most: u64) -> Option<usize> {
    let Header { block, parts, count, mut length } = header(bytes)?;
    if count > most || parts == 0 || block == 0 || block % 128 != 0 || block % parts != 0 {
        return None;
    }
    let each = block / parts;
    let mut left = count.saturating_sub(1);
    while left > 0 {
        let (_least, taken) = varint(bytes.get(length..)?).ok()?;
        let widths_at = length + taken;
        let widths = bytes.get(widths_at..widths_at.checked_add(usize::try_from(parts).ok()?)?)?;
        length = widths_at + widths.len();
        for width in widths {
            if left == 0 {
                break;
            }
            length = length
                .checked_add(usize::try_from(each.checked_mul(u64::from(*width))? / 8).ok()?)?;
            left = left.saturating_sub(each);
        }
    }
    Some(length)
}
