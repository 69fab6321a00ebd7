//! The user's own shape of a body, in which `%p` stands for the prompt and `%m` for the model.

use loadwright_plugin::Fault;
use serde_json::{Map, Value};

/// A JSON value with places for what differs from ask to ask.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Node {
    /// The same in every body.
    Constant(Value),
    /// An array that is not constant.
    Array(Vec<Node>),
    /// An object that is not constant.
    Object(Vec<(String, Node)>),
    /// The prompt, as its place wants it.
    Prompt(Place),
    /// A string with the prompt's text in it: what stands before, between and behind.
    Text(Vec<String>),
}

/// What is wanted of a prompt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// The chat messages.
    Messages,
    /// The content of the last message.
    Content,
    /// Text, or token ids.
    Plain,
    /// Messages, text or token ids, as the prompt is.
    Whole,
}

impl Node {
    /// Reads a template's members.
    pub(crate) fn members(
        template: &Value,
        model: Option<&str>,
    ) -> Result<Vec<(String, Self)>, Fault> {
        let Value::Object(members) = template else {
            return Err(Fault::Settings("template: it is not a JSON object".into()));
        };
        object(members, model)
    }

    /// Whether the prompt stands anywhere in it.
    pub(crate) fn has_prompt(&self) -> bool {
        !matches!(self, Self::Constant(_))
    }

    fn read(key: &str, value: &Value, model: Option<&str>) -> Result<Self, Fault> {
        Ok(match value {
            Value::String(text) => Self::string(key, text, model)?,
            Value::Array(items) => {
                let items = items.iter().map(|item| Self::read(key, item, model));
                Self::array(items.collect::<Result<_, _>>()?)
            }
            Value::Object(members) => Self::object(object(members, model)?),
            other => Self::Constant(other.clone()),
        })
    }

    fn string(key: &str, text: &str, model: Option<&str>) -> Result<Self, Fault> {
        if text == "%p" {
            return Ok(Self::Prompt(match key {
                "messages" => Place::Messages,
                "content" => Place::Content,
                "prompt" => Place::Plain,
                _ => Place::Whole,
            }));
        }
        // Split first, so that a model's name is never taken for a place of the prompt.
        let parts = text.split("%p").map(|part| match (part.contains("%m"), model) {
            (false, _) => Ok(part.to_string()),
            (true, Some(model)) => Ok(part.replace("%m", model)),
            (true, None) => Err(Fault::Settings(
                "template: %m stands for the model, and there is none: give --model".into(),
            )),
        });
        let mut parts = parts.collect::<Result<Vec<_>, _>>()?;
        Ok(match parts.len() {
            1 => Self::Constant(Value::String(parts.remove(0))),
            _ => Self::Text(parts),
        })
    }

    fn array(items: Vec<Self>) -> Self {
        if items.iter().any(Self::has_prompt) {
            return Self::Array(items);
        }
        Self::Constant(items.into_iter().filter_map(Self::constant).collect())
    }

    fn object(members: Vec<(String, Self)>) -> Self {
        if members.iter().any(|(_, node)| node.has_prompt()) {
            return Self::Object(members);
        }
        let constants = members.into_iter().filter_map(|(key, node)| Some((key, node.constant()?)));
        Self::Constant(Value::Object(constants.collect()))
    }

    fn constant(self) -> Option<Value> {
        match self {
            Self::Constant(value) => Some(value),
            _ => None,
        }
    }
}

fn object(members: &Map<String, Value>, model: Option<&str>) -> Result<Vec<(String, Node)>, Fault> {
    members.iter().map(|(key, value)| Ok((key.clone(), Node::read(key, value, model)?))).collect()
}
