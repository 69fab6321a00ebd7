//! What a message says: its parts, and content that a dataset left as it was written, among the
//! message's further members, because it is more than text.

use crate::{Fault, Media, Message, Part};
use serde_json::Value;
use std::borrow::Cow;

/// One thing that a message says.
#[derive(Debug, Clone, PartialEq)]
pub enum Said<'a> {
    /// Text.
    Text(Cow<'a, str>),
    /// Media that stay in the host.
    Media(&'a Media),
    /// Anything else, by its type, e.g. `image_url`: known to the one who wrote it.
    Other(String),
}

/// All that a message says, in order.
///
/// # Errors
/// Its further members are not a JSON object.
pub fn said(message: &Message) -> Result<Vec<Said<'_>>, Fault> {
    let mut all: Vec<_> = message.parts.iter().map(part).collect();
    if let Some(written) = written(message)? {
        all.extend(items(written));
    }
    Ok(all)
}

/// Content as it was written; none where parts are all there is.
///
/// # Errors
/// Its further members are not a JSON object.
pub fn written(message: &Message) -> Result<Option<Value>, Fault> {
    if message.extra.trim().is_empty() {
        return Ok(None);
    }
    let mut members: serde_json::Map<String, Value> = serde_json::from_str(&message.extra)
        .map_err(|error| Fault::Input(format!("the further members of a message: {error}")))?;
    Ok(members.remove("content").filter(|content| !content.is_null()))
}

fn part(part: &Part) -> Said<'_> {
    match part {
        Part::Text(text) => Said::Text(Cow::Borrowed(text)),
        Part::Media(media) => Said::Media(media),
    }
}

fn items(content: Value) -> Vec<Said<'static>> {
    match content {
        Value::String(text) => vec![Said::Text(Cow::Owned(text))],
        Value::Array(items) => items.into_iter().map(item).collect(),
        _ => vec![Said::Other("content that is neither text nor a list".into())],
    }
}

fn item(item: Value) -> Said<'static> {
    let member = |name| item.get(name).and_then(Value::as_str).map(String::from);
    match (member("type"), member("text")) {
        (Some(kind), Some(text)) if kind == "text" => Said::Text(Cow::Owned(text)),
        (Some(kind), _) => Said::Other(kind),
        (None, _) => Said::Other("an item without a type".into()),
    }
}

#[cfg(test)]
mod tests;
