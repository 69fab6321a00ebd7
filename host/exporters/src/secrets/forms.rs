//! Spellings of a secret that core does not look for: base64, by itself and within a longer text, and
//! the form encoding of URLs.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};

/// Shorter parts of base64 are not looked for.
const SHORTEST: usize = 8;

/// Other spellings of `value`.
pub(super) fn of(value: &str) -> Vec<String> {
    let mut forms: Vec<String> = (0..3).flat_map(|before| base64(value, before)).collect();
    forms.push(url::form_urlencoded::byte_serialize(value.as_bytes()).collect());
    forms.push(format!("{:?}", value).trim_matches('"').to_owned());
    forms
}

/// The characters of base64 that `value` alone decides, where `before` bytes stand before it.
fn base64(value: &str, before: usize) -> Vec<String> {
    let bytes = [&vec![0; before], value.as_bytes()].concat();
    let first = (before * 8).div_ceil(6);
    let last = bytes.len() * 8 / 6;
    if last < first + SHORTEST {
        return Vec::new();
    }
    let spelled = [STANDARD_NO_PAD.encode(&bytes), URL_SAFE_NO_PAD.encode(&bytes)];
    spelled.iter().map(|text| text[first..last].to_owned()).collect()
}
