//! What a message contains: its parts, and content that a dataset left as it was written, among the
//! message's further members, because it is more than text.

use crate::{Fault, HeldText, Link, Media, Message, Part, Prompt, PromptRequest};
use serde_json::{Map, Value};
use std::borrow::Cow;

/// One thing that a message contains.
#[derive(Debug, Clone, PartialEq)]
pub enum Item<'a> {
    /// Text.
    Text(Cow<'a, str>),
    /// Text that stays in the host.
    Held(&'a HeldText),
    /// Media that stay in the host.
    Media(&'a Media),
    /// Media that the service fetches by itself.
    Link(&'a Link),
    /// Anything else, by its type, e.g. `image_url`: known to the one who wrote it.
    Other(String),
}

/// All that a message contains, in order.
///
/// # Errors
/// Its further members are not a JSON object.
pub fn items(message: &Message) -> Result<Vec<Item<'_>>, Fault> {
    let mut all: Vec<_> = message.parts.iter().map(item).collect();
    if let Some(written) = written(message)? {
        all.extend(written_items(written));
    }
    Ok(all)
}

/// The texts of a request, what came before its prompt included. Token ids, recorded bodies and custom
/// prompts have none.
///
/// # Errors
/// It contains something else, or nothing.
pub fn texts(request: &PromptRequest) -> Result<Vec<Item<'_>>, Fault> {
    let mut all = Vec::new();
    let messages = match &request.prompt {
        Prompt::Messages(messages) => messages.as_slice(),
        _ => &[],
    };
    for message in request.history.iter().chain(messages) {
        for item in items(message)? {
            all.push(only_text(item)?);
        }
    }
    match &request.prompt {
        Prompt::Text(text) => all.push(Item::Text(Cow::Borrowed(text))),
        Prompt::Inputs(inputs) => {
            for parts in inputs {
                all.extend(texts_of(parts)?);
            }
        }
        Prompt::Ranking(ranking) => all.extend(texts_of(&ranking.query)?),
        _ => {}
    }
    if all.is_empty() { Err(empty()) } else { Ok(all) }
}

/// Parts that are nothing but texts.
///
/// # Errors
/// There is something else among them, or nothing.
pub fn texts_of(parts: &[Part]) -> Result<Vec<Item<'_>>, Fault> {
    let texts = parts.iter().map(|part| only_text(item(part))).collect::<Result<Vec<_>, _>>()?;
    if texts.is_empty() { Err(empty()) } else { Ok(texts) }
}

fn only_text(item: Item<'_>) -> Result<Item<'_>, Fault> {
    let what = match &item {
        Item::Text(_) | Item::Held(_) => return Ok(item),
        Item::Media(media) => &media.mime,
        Item::Link(link) => &link.url,
        Item::Other(kind) => kind,
    };
    Err(Fault::Unsupported(format!(
        "a text prompt holds no {what}: give a --url that ends in /chat/completions"
    )))
}

/// The fault of a prompt without content.
pub fn empty() -> Fault {
    Fault::Input("its messages are empty: give one of them a `content`".into())
}

/// A part as an item.
pub fn item(part: &Part) -> Item<'_> {
    match part {
        Part::Text(text) => Item::Text(Cow::Borrowed(text)),
        Part::HeldText(held) => Item::Held(held),
        Part::Media(media) => Item::Media(media),
        Part::Link(link) => Item::Link(link),
    }
}

/// The members of an `extra`, which is a JSON object or empty; `what` names it in the fault.
///
/// # Errors
/// It is neither.
pub fn members(extra: &str, what: &str) -> Result<Map<String, Value>, Fault> {
    if extra.trim().is_empty() {
        return Ok(Map::new());
    }
    serde_json::from_str(extra).map_err(|error| Fault::Input(format!("{what}: {error}")))
}

/// What faults call the `extra` of a message.
pub const FURTHER: &str = "the further members of a message";

/// Content as it was written; none where parts are all there is.
///
/// # Errors
/// Its further members are not a JSON object.
pub fn written(message: &Message) -> Result<Option<Value>, Fault> {
    let mut members = members(&message.extra, FURTHER)?;
    Ok(members.remove("content").filter(|content| !content.is_null()))
}

fn written_items(content: Value) -> Vec<Item<'static>> {
    match content {
        Value::String(text) => vec![Item::Text(Cow::Owned(text))],
        Value::Array(items) => items.into_iter().map(written_item).collect(),
        _ => vec![Item::Other("content that is neither text nor a list".into())],
    }
}

fn written_item(item: Value) -> Item<'static> {
    let member = |name| item.get(name).and_then(Value::as_str).map(String::from);
    match (member("type"), member("text")) {
        (Some(kind), Some(text)) if kind == "text" => Item::Text(Cow::Owned(text)),
        (Some(kind), _) => Item::Other(kind),
        (None, _) => Item::Other("an item without a type".into()),
    }
}

#[cfg(test)]
mod tests;
