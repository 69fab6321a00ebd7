//! Counts long texts part by part, so that counting can be stopped. Correct only if no token of the
//! vocabulary reaches across the space in front of a word, which `pieces` proves; callers check that
//! it did.

use crate::encoder::Encoder;
use loadwright_core::ports::Fault;
use loadwright_core::stop::StopFlag;

/// Minimum size of a part in bytes: it is encoded in a fraction of a second.
const PART: usize = 1 << 17;

/// Text in front of a part: some tokenizers treat the start of a text specially.
const ANCHOR: &str = "a";

/// Fails once the text is no longer needed.
pub(crate) fn check_stop(stop: Option<&StopFlag>) -> Result<(), Fault> {
    match stop {
        Some(stop) if stop.is_raised() => Err(Fault::Transient("the run was stopped".to_owned())),
        _ => Ok(()),
    }
}

/// A server's count of `text` as a plain prompt, or as one user message.
pub(crate) fn in_parts(
    encoder: &Encoder,
    text: &str,
    in_chat: bool,
    stop: Option<&StopFlag>,
) -> Result<u32, Fault> {
    check_stop(stop)?;
    if !is_long(text) {
        return encoder.count(text, in_chat);
    }
    if in_chat {
        return sum(encoder, &encoder.render(text)?, false, stop);
    }
    sum(encoder, text, true, stop)
}

/// Whether counting part by part is worth it.
pub(crate) fn is_long(text: &str) -> bool {
    text.len() >= 2 * PART
}

/// The tokens of `text`, which was rendered already; with `special`, those added to every text too.
pub(crate) fn sum(
    encoder: &Encoder,
    text: &str,
    special: bool,
    stop: Option<&StopFlag>,
) -> Result<u32, Fault> {
    let mut rest = text;
    let mut total = None;
    while !rest.is_empty() {
        check_stop(stop)?;
        let (part, behind) = rest.split_at(end_of_part(rest));
        total = Some(match total {
            // Special tokens are added once per text.
            None => encoder.length(part, special)?,
            Some(total) => {
                let anchored = encoder.length(&format!("{ANCHOR}{part}"), false)?;
                anchored.saturating_sub(encoder.length(ANCHOR, false)?).saturating_add(total)
            }
        });
        rest = behind;
    }
    Ok(total.unwrap_or(0))
}

/// The end of the first part of `text`: in front of a space between two letters, or its end. The last
/// part is the longest, so that the end of a chat template is not cut.
fn end_of_part(text: &str) -> usize {
    let whole = text.len();
    if whole < 2 * PART {
        return whole;
    }
    let (start, end) = (text.ceil_char_boundary(PART), text.floor_char_boundary(whole - PART / 2));
    let mut before = ' ';
    let mut letters = text[start..end].char_indices().peekable();
    while let Some((at, letter)) = letters.next() {
        let behind = letters.peek().map_or(' ', |(_, letter)| *letter);
        if letter == ' ' && before.is_alphabetic() && behind.is_alphabetic() {
            return start + at;
        }
        before = letter;
    }
    whole
}

#[cfg(test)]
mod tests;
