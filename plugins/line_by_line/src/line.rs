//! One line and what it asks.

use loadwright_plugin::{Fault, Message, Part, Prompt, user};
use serde_json::{Map, Value};

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
        let text = std::str::from_utf8(bytes).map_err(|_| {
            Fault::Input(format!("line {shown} of the file behind --dataset-path is not UTF-8"))
        })?;
        let text = text.trim();
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
                        "line {shown} of the file behind --dataset-path is a JSON array, but not of \
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
                let parts = messages.iter().flat_map(|message| &message.parts);
                let texts = parts.filter_map(|part| match part {
                    Part::Text(text) => Some(text.as_str()),
                    Part::Media(_) => None,
                });
                Some(texts.collect::<Vec<_>>().join("\n"))
            }
            Self::Body(_) => None,
        }
    }

    /// What it asks.
    pub(crate) fn prompt(self, in_chat: bool) -> Prompt {
        match self {
            Self::Text(text) => user(text, in_chat),
            Self::Messages(messages) => Prompt::Messages(messages),
            Self::Body(body) => Prompt::Body(body),
        }
    }
}

/// A chat message. Its text is a part; content that is more than text stays as it is written, among
/// the further members.
fn message(value: Value) -> Option<Message> {
    let Value::Object(mut members) = value else { return None };
    let role = members.get("role")?.as_str()?.to_string();
    members.shift_remove("role");
    let mut parts = Vec::new();
    if let Some(Value::String(text)) = members.get("content") {
        parts.push(Part::Text(text.clone()));
        members.shift_remove("content");
    }
    let extra = if members.is_empty() { String::new() } else { written(members) };
    Some(Message { role, parts, extra })
}

fn written(members: Map<String, Value>) -> String {
    Value::Object(members).to_string()
}
