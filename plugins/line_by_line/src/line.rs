//! One line and its prompt.

use loadwright_plugin::content::{self, Item};
use loadwright_plugin::{Fault, Message, Part, Prompt, user};
use serde_json::{Map, Value};

/// What some editors put in front of a file.
const MARK: &[u8] = "\u{feff}".as_bytes();

/// A line without white space around it; none: it is not UTF-8.
fn trimmed(number: u32, bytes: &[u8]) -> Option<&str> {
    let mark = if number == 0 { MARK } else { &[] };
    let bytes = bytes.strip_prefix(mark).unwrap_or(bytes);
    std::str::from_utf8(bytes).ok().map(str::trim)
}

/// Whether there is nothing in a line.
pub(crate) fn is_blank(number: u32, bytes: &[u8]) -> bool {
    trimmed(number, bytes) == Some("")
}

/// A line that is not blank.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Line {
    /// Plain text, and whatever is not JSON.
    Text(String),
    /// A JSON array.
    Messages(Vec<Message>),
    /// A JSON object, as it is written.
    Body(String),
}

impl Line {
    /// Reads line `number`, counted from 0; none where it is blank.
    pub(crate) fn read(number: u32, bytes: &[u8]) -> Result<Option<Self>, Fault> {
        let shown = number + 1;
        let text = trimmed(number, bytes).ok_or_else(|| {
            Fault::Input(format!("line {shown} of the file given with --dataset-path is not UTF-8"))
        })?;
        if text.is_empty() {
            return Ok(None);
        }
        let parsed = match text.as_bytes()[0] {
            b'{' | b'[' => serde_json::from_str(text).ok(),
            _ => None,
        };
        Ok(Some(match parsed {
            Some(Value::Object(_)) => Self::Body(text.into()),
            Some(Value::Array(items)) => {
                let messages = items.into_iter().map(message).collect::<Option<Vec<_>>>();
                Self::Messages(messages.filter(|messages| !messages.is_empty()).ok_or_else(|| {
                    Fault::Input(format!(
                        "line {shown} of the file given with --dataset-path is a JSON array, but not of \
                         chat messages: each is an object with a `role`"
                    ))
                })?)
            }
            _ => Self::Text(text.into()),
        }))
    }

    /// What its length is counted on; none where it has no length.
    pub(crate) fn text(&self) -> Option<String> {
        match self {
            Self::Text(text) => Some(text.clone()),
            Self::Messages(messages) => {
                let items = messages.iter().filter_map(|message| content::items(message).ok());
                let texts = items.flatten().filter_map(|item| match item {
                    Item::Text(text) => Some(text),
                    _ => None,
                });
                Some(texts.collect::<Vec<_>>().join("\n"))
            }
            Self::Body(_) => None,
        }
    }

    /// As a prompt.
    pub(crate) fn prompt(self, in_chat: bool) -> Prompt {
        match self {
            Self::Text(text) => user(text, in_chat),
            Self::Messages(messages) => Prompt::Messages(messages),
            Self::Body(body) => Prompt::Body(body),
        }
    }
}

/// A chat message. Its texts are parts; content that is more than text stays as it is written, among
/// the further members.
fn message(value: Value) -> Option<Message> {
    let Value::Object(mut members) = value else { return None };
    let role = members.get("role")?.as_str()?.to_string();
    members.shift_remove("role");
    let parts = members.get("content").and_then(texts);
    if parts.is_some() {
        members.shift_remove("content");
    }
    let extra = if members.is_empty() { String::new() } else { written(members) };
    Some(Message { role, parts: parts.unwrap_or_default(), extra })
}

/// Content that is text, or a list of nothing but texts.
fn texts(content: &Value) -> Option<Vec<Part>> {
    match content {
        Value::String(text) => Some(vec![Part::Text(text.clone())]),
        Value::Array(items) if !items.is_empty() => items.iter().map(text_item).collect(),
        _ => None,
    }
}

fn text_item(item: &Value) -> Option<Part> {
    let members = item.as_object().filter(|members| members.len() == 2)?;
    let is_text = members.get("type")?.as_str() == Some("text");
    let text = members.get("text")?.as_str()?;
    is_text.then(|| Part::Text(text.into()))
}

fn written(members: Map<String, Value>) -> String {
    Value::Object(members).to_string()
}
