//! The user's own shape of a body, in which `%p` stands for the prompt and `%m` for the model.

use loadwright_plugin::Fault;
use loadwright_plugin::settings::fault;
use serde_json::{Map, Value};

/// A JSON value with places for what differs from request to request.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Node {
    /// The same in every body.
    Constant(Value),
    /// An array that is not constant.
    Array(Vec<Node>),
    /// An object that is not constant.
    Object(Vec<(String, Node)>),
    /// The prompt, as its place needs it.
    Prompt(Place),
    /// A string with the prompt's text in it: what is before, between and after.
    Text(Vec<String>),
}

/// What a place takes of a prompt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// The chat messages.
    Messages,
    /// The content of the last message.
    Content,
    /// Text, several texts, or token ids.
    Plain,
    /// Messages, text, several texts or token ids, as the prompt is.
    Whole,
    /// The query of a ranking.
    Query,
    /// The documents of a ranking.
    Documents,
}

impl Node {
    /// Reads a template's members.
    pub(crate) fn members(
        template: &Value,
        model: Option<&str>,
    ) -> Result<Vec<(String, Self)>, Fault> {
        let Value::Object(members) = template else {
            return Err(fault("template", "it is not a JSON object"));
        };
        object(members, model)
    }

    /// Whether the prompt is anywhere in it.
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
                "prompt" | "input" => Place::Plain,
                "query" => Place::Query,
                "documents" | "texts" => Place::Documents,
                _ => Place::Whole,
            }));
        }
        // Split first, so that a model's name is never taken for a place of the prompt.
        let parts = text.split("%p").map(|part| match (part.contains("%m"), model) {
            (false, _) => Ok(part.to_string()),
            (true, Some(model)) => Ok(part.replace("%m", model)),
            (true, None) => {
                Err(fault("template", "%m stands for the model, and there is none: give --model"))
            }
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
