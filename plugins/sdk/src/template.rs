//! The user's own shape of a body, in which `%p` stands for the prompt and `%m` for the model.

use crate::Fault;
use crate::settings::fault;
use serde_json::{Map, Value};

/// A JSON value with places for what differs from request to request.
#[derive(Debug, Clone, PartialEq)]
pub enum Node {
    /// The same in every body.
    Constant(Value),
    /// An array that is not constant.
    Array(Vec<Node>),
    /// An object that is not constant.
    Object(Members),
    /// The prompt, as the member of this name needs it: `"messages": "%p"`.
    Prompt(String),
    /// A string with the prompt's text in it: what is before, between and after.
    Text(Vec<String>),
}

/// Members of an object, in order.
pub type Members = Vec<(String, Node)>;

impl Node {
    /// Reads a template's members; none: there is no template.
    ///
    /// # Errors
    /// It is not an object, or has `%m` and there is no model.
    pub fn members(template: Option<&Value>, model: Option<&str>) -> Result<Members, Fault> {
        match template {
            None | Some(Value::Null) => Ok(Vec::new()),
            Some(Value::Object(members)) => object(members, model),
            Some(_) => Err(fault("template", "it is not a JSON object")),
        }
    }

    /// Whether the prompt is anywhere in it.
    pub fn has_prompt(&self) -> bool {
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
            return Ok(Self::Prompt(key.into()));
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

    fn object(members: Members) -> Self {
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

fn object(members: &Map<String, Value>, model: Option<&str>) -> Result<Members, Fault> {
    members.iter().map(|(key, value)| Ok((key.clone(), Node::read(key, value, model)?))).collect()
}

/// Sets a member: in its place where it is there already, at the end where not.
pub fn set(members: &mut Members, key: &str, node: Node) {
    match members.iter_mut().find(|(name, _)| name == key) {
        Some((_, old)) => *old = node,
        None => members.push((key.into(), node)),
    }
}

/// Merges `more` into the members; null deletes.
pub fn merge(members: &mut Members, more: &Map<String, Value>) {
    for (key, value) in more {
        if value.is_null() {
            members.retain(|(name, _)| name != key);
        } else {
            set(members, key, Node::Constant(value.clone()));
        }
    }
}
