//! Texts of errors: one that a reply carries, or why a frame is not JSON. Not on the hot path, so the
//! frame is simply parsed again.

use super::rules::Step;
use super::visitor::NotJson;
use serde_json::Value;

/// Bytes of a text that are kept.
const KEPT: usize = 4096;
/// Bytes of an unreadable frame that are shown.
const SHOWN: usize = 200;

/// The first error at a pointer of `frame`: an object's `message`, a text as it is, anything else as
/// JSON.
pub(super) fn of(frame: &[u8], at: &[Step]) -> String {
    let parsed: Option<Value> = serde_json::from_slice(frame).ok();
    let found = parsed.as_ref().and_then(|value| first(value, at));
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
    shortened(text, KEPT)
}

/// Why frame `index` is not JSON, with its beginning.
pub(super) fn unreadable(index: u32, frame: &[u8], why: &NotJson) -> String {
    let shown = &frame[..frame.len().min(SHOWN + 1)];
    let shown = shortened(String::from_utf8_lossy(shown).into_owned(), SHOWN);
    format!("frame {index} is not JSON ({why}): {shown}")
}

fn first<'v>(value: &'v Value, at: &[Step]) -> Option<&'v Value> {
    let Some((step, rest)) = at.split_first() else { return is_error(value).then_some(value) };
    match (value, step) {
        (Value::Object(object), Step::Key(key)) => first(object.get(key)?, rest),
        (Value::Array(array), Step::Key(_)) => first(array.get(step.index()?)?, rest),
        (Value::Array(array), Step::Each) => array.iter().find_map(|element| first(element, rest)),
        _ => None,
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
