//! Zips, read by hand: their layout is that of PKWARE's APPNOTE.

use super::*;
use crate::fake::Fake;

fn zip(entries: &[(&str, &[(&str, u64)])], files: &[(&str, &[u8])]) -> Result<Vec<u8>, Fault> {
    let host = Fake::new();
    for (name, content) in files {
        host.put(name, content)?;
    }
    host.put("x.zip", b"what an earlier instance left")?;
    let mut zip = Zip::begin(&host, "x.zip".into())?;
    for (entry, parts) in entries {
        let part = |(name, size): &(&str, u64)| Part { name: (*name).into(), size: *size };
        zip.add(entry, &parts.iter().map(part).collect::<Vec<_>>())?;
    }
    zip.end()?;
    host.read("x.zip", 0.0, u32::MAX)
}

fn number(bytes: &[u8], at: usize, count: usize) -> usize {
    bytes[at..at + count].iter().rev().fold(0, |sum, byte| sum << 8 | usize::from(*byte))
}

/// Name, content and checksum of each entry, found through the directory.
fn entries(zip: &[u8]) -> Vec<(String, Vec<u8>, u32)> {
    let end = zip.len() - 22;
    assert_eq!(&zip[end..end + 4], b"PK\x05\x06");
    let mut at = number(zip, end + 16, 4);
    assert_eq!(at + number(zip, end + 12, 4), end);
    let mut found = Vec::new();
    for _ in 0..number(zip, end + 10, 2) {
        assert_eq!(&zip[at..at + 4], b"PK\x01\x02");
        let (size, length) = (number(zip, at + 24, 4), number(zip, at + 28, 2));
        let local = number(zip, at + 42, 4);
        let name = &zip[at + 46..at + 46 + length];
        assert_eq!(&zip[local..local + 4], b"PK\x03\x04");
        // What both headers say is the same.
        assert_eq!(zip[local + 4..local + 28], zip[at + 6..at + 30]);
        assert_eq!(&zip[local + 30..local + 30 + length], name);
        let start = local + 30 + length;
        let crc = number(zip, at + 16, 4) as u32;
        let name = String::from_utf8(name.to_vec()).expect("a name");
        found.push((name, zip[start..start + size].to_vec(), crc));
        at += 46 + length;
    }
    found
}

#[test]
fn entries_are_the_beginnings_of_their_parts() {
    let parts: &[(&str, u64)] = &[("a", 4), ("b", 5)];
    let zip = zip(&[("both", parts), ("none", &[])], &[("a", b"1234cut off"), ("b", b"56789")]);
    let found = entries(&zip.expect("a zip"));
    // The check value of CRC-32 is that of these digits.
    assert_eq!(found[0], ("both".into(), b"123456789".to_vec(), 0xcbf4_3926));
    assert_eq!(found[1], ("none".into(), Vec::new(), 0));
}

#[test]
fn large_files_are_copied_in_pieces() {
    let large: Vec<u8> = (0..(5 << 20) / 2).map(|at: u32| (at % 251) as u8).collect();
    let zip = zip(&[("large", &[("a", large.len() as u64)])], &[("a", &large)]).expect("a zip");
    assert!(entries(&zip)[0].1 == large);
}

#[test]
fn a_file_that_has_lost_its_end_is_named() {
    let fault = zip(&[("x", &[("a", 9)])], &[("a", b"1234")]);
    assert_eq!(fault, Err(Fault::Fatal("a is shorter than it was".into())));
}

#[test]
fn four_gigabytes_are_too_much() {
    let host = Fake::new();
    let mut zip = Zip::begin(&host, "x.zip".into()).expect("a zip");
    zip.written = 1 << 32;
    let fault = zip.add("x", &[]);
    assert!(matches!(fault, Err(Fault::Fatal(text)) if text.contains("4 GiB")));
}
