//! Exchanges the manifest that a component carries, also for one that `plugin pack` would refuse.
//! Shared by unit tests and the tests of the built binary.

/// The custom section of a manifest.
const SECTION: &[u8] = b"\x13loadwright:manifest";

/// `component` with `manifest` in place of its own.
pub(crate) fn stamped(component: &[u8], manifest: &str) -> Vec<u8> {
    const HEADER: usize = 8;
    let mut stamped = component[..HEADER].to_vec();
    let mut rest = &component[HEADER..];
    while let Some((id, behind)) = rest.split_first() {
        let (length, size) = number(behind);
        let content = &behind[size..size + length];
        if *id != 0 || !content.starts_with(SECTION) {
            stamped.extend_from_slice(&rest[..1 + size + length]);
        }
        rest = &behind[size + length..];
    }
    stamped.push(0);
    let mut length = SECTION.len() + manifest.len();
    while length >= 0x80 {
        stamped.push((length & 0x7f) as u8 | 0x80);
        length >>= 7;
    }
    stamped.push(length as u8);
    stamped.extend_from_slice(SECTION);
    stamped.extend_from_slice(manifest.as_bytes());
    stamped
}

/// The LEB128 number at the beginning of `bytes`, and its size.
fn number(bytes: &[u8]) -> (usize, usize) {
    let size = 1 + bytes.iter().take_while(|byte| **byte >= 0x80).count();
    let digits = bytes[..size].iter().enumerate();
    (digits.map(|(at, byte)| usize::from(byte & 0x7f) << (7 * at)).sum(), size)
}
