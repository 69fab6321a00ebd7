//! Replaces lone surrogates in JSON: halves of a character that a service has cut in two, written as
//! escapes. Many parsers accept them, this one does not. Not on the hot path: only frames that did not
//! parse, or that go to a plugin, come here.

/// `frame` with U+FFFD for each escape of a lone surrogate, of the same length; `None`: it has none.
pub(crate) fn replaced(frame: &[u8]) -> Option<Vec<u8>> {
    let mut replaced = None;
    let mut at = 0;
    while let Some(next) = memchr::memchr(b'\\', &frame[at..]) {
        let escape = at + next;
        let (length, lone) = match (unit(frame, escape), unit(frame, escape + 6)) {
            (Some(0xd800..=0xdbff), Some(0xdc00..=0xdfff)) => (12, false),
            (Some(0xd800..=0xdfff), _) => (6, true),
            (Some(_), _) => (6, false),
            (None, _) => (2, false),
        };
        if lone {
            let replaced = replaced.get_or_insert_with(|| frame.to_vec());
            replaced[escape + 2..escape + 6].copy_from_slice(b"fffd");
        }
        at = (escape + length).min(frame.len());
    }
    replaced
}

/// The code unit of a `\u` escape that begins at `at`.
fn unit(frame: &[u8], at: usize) -> Option<u32> {
    let digits = frame.get(at..at + 6)?.strip_prefix(b"\\u")?;
    let digit = |&byte: &u8| char::from(byte).to_digit(16);
    digits.iter().map(digit).try_fold(0, |unit, digit| Some(unit * 16 + digit?))
}

#[cfg(test)]
mod tests;
