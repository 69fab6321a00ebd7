//! Texts of errors: one that a reply carries, or why a frame is not JSON. Not on the hot path, so the
//! frame is simply parsed again.

use super::pointer::{Step, element_place};
use super::visitor::NotJson;
use serde_json::Value;

/// Bytes of a text that are kept.
const KEPT: usize = 4096;
/// Bytes of an unreadable frame that are shown.
const SHOWN: usize = 200;

/// The error at a place of a pointer of `frame`: an object's `message`, a text as it is, anything else
/// as JSON.
pub(super) fn of(frame: &[u8], at: &[Step], place: u64) -> String {
    let parsed: Option<Value> = serde_json::from_slice(frame).ok();
    let wanted = Wanted { place };
    let found = parsed.as_ref().and_then(|value| wanted.find(value, at, 0));
    let text = match found {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Object(object)) => match object.get("message") {
            Some(Value::String(message)) if !message.is_empty() => message.clone(),
            _ => Value::Object(object.clone()).to_string(),
        },
        Some(other) => other.to_string(),
        // Nested deeper than this parser goes; the visitor ignores what no rule points to.
        None => String::from_utf8_lossy(frame).into_owned(),
    };
    kept(text)
}

/// As much of an error's text as is kept.
pub(super) fn kept(text: String) -> String {
    shortened(text, KEPT)
}

/// Why frame `index` is not JSON, with its beginning.
pub(super) fn unreadable(index: u32, frame: &[u8], why: &NotJson) -> String {
    let shown = &frame[..frame.len().min(SHOWN + 1)];
    let shown = shortened(String::from_utf8_lossy(shown).into_owned(), SHOWN);
    format!("frame {index} is not JSON ({why}): {shown}")
}

/// A place by its number.
struct Wanted {
    place: u64,
}

impl Wanted {
    /// The first error in the place, which is somewhere below `value` at `here`.
    fn find<'v>(&self, value: &'v Value, at: &[Step], here: u64) -> Option<&'v Value> {
        let Some((step, rest)) = at.split_first() else {
            return (here == self.place && is_error(value)).then_some(value);
        };
        let inner = |(index, element)| self.find(element, rest, element_place(here, index));
        match (value, step) {
            (Value::Object(object), Step::Key(key)) => self.find(object.get(key)?, rest, here),
            (Value::Array(array), Step::Key(_)) => {
                let index = step.index()?;
                inner((index, array.get(index)?))
            }
            (Value::Array(array), Step::Each) => array.iter().enumerate().find_map(inner),
            _ => None,
        }
    }
}

fn is_error(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => false,
        Value::String(text) => !text.is_empty(),
        _ => true,
    }
}

/// At most `limit` bytes of `text`, cut between characters and marked if it was cut.
fn shortened(mut text: String, limit: usize) -> String {
    if text.len() > limit {
        text.truncate(text.floor_char_boundary(limit));
        text.push('…');
    }
    text
}
