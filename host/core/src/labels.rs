//! What the dataset says of a conversation (class, tenant, adapter): names with texts or numbers.
//! They go into its records, and metrics are grouped by their texts.

use serde_json::{Map, Number, Value};
use std::sync::Arc;

#[cfg(test)]
mod tests;

/// Labels of one conversation at most.
pub const MAX_LABELS: usize = 16;

/// Bytes of a label's name and of its text at most.
pub const MAX_LABEL_BYTES: usize = 128;

/// Bytes of labels as JSON at most: all of them at their longest, every byte escaped.
const MAX_JSON: usize = 2 * MAX_LABELS * (MAX_LABEL_BYTES * 6 + 8);

/// The labels of a conversation, sorted by name; cheap to clone, and nothing where there are none.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Labels(Option<Arc<[(String, LabelValue)]>>);

/// The value of a label.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LabelValue {
    /// A text, by which metrics are grouped.
    Text(String),
    /// A number, exactly as it was given.
    Number(Number),
}

/// Why labels are refused: a lower-case fragment that names the label.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadLabels {
    /// Not JSON, or a number that no f64 holds.
    #[error("the labels are not JSON: {0}")]
    Json(String),
    /// JSON, but no object.
    #[error("the labels are not a JSON object")]
    NotAnObject,
    /// Longer than any valid labels.
    #[error("the labels have {0} bytes of JSON, the limit is {MAX_JSON}")]
    TooLong(usize),
    /// Too many.
    #[error("there are {0} labels, the limit is {MAX_LABELS}")]
    TooMany(usize),
    /// A name that is empty or too long.
    #[error("a label's name has {0} bytes; it must have 1 to {MAX_LABEL_BYTES}")]
    Name(usize),
    /// A text that is too long.
    #[error("the label `{name}` has a text of {bytes} bytes, the limit is {MAX_LABEL_BYTES}")]
    Text {
        /// The label.
        name: String,
        /// How long its text is.
        bytes: usize,
    },
    /// A value of another type.
    #[error("the label `{name}` is {found}; it must be a text or a number")]
    Value {
        /// The label.
        name: String,
        /// What it is.
        found: &'static str,
    },
}

impl Labels {
    /// Reads a JSON object of texts and numbers; an empty text has no labels.
    ///
    /// # Errors
    /// It is something else, or exceeds a limit.
    pub fn parse(json: &str) -> Result<Self, BadLabels> {
        if json.is_empty() {
            return Ok(Self::default());
        }
        if json.len() > MAX_JSON {
            return Err(BadLabels::TooLong(json.len()));
        }
        match serde_json::from_str(json) {
            Ok(Value::Object(members)) => Self::of(members),
            Ok(_) => Err(BadLabels::NotAnObject),
            Err(error) => Err(BadLabels::Json(error.to_string())),
        }
    }

    fn of(members: Map<String, Value>) -> Result<Self, BadLabels> {
        if members.len() > MAX_LABELS {
            return Err(BadLabels::TooMany(members.len()));
        }
        let labels = members.into_iter().map(|(name, value)| label(name, value));
        let mut labels = labels.collect::<Result<Vec<_>, _>>()?;
        labels.sort_by(|(a, _), (b, _)| a.cmp(b));
        Ok(Self((!labels.is_empty()).then(|| labels.into())))
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_none()
    }

    /// The labels, sorted by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &LabelValue)> {
        self.0.iter().flat_map(|labels| labels.iter().map(|(name, value)| (name.as_str(), value)))
    }

    /// Those whose value is a text.
    pub fn texts(&self) -> impl Iterator<Item = (&str, &str)> {
        self.iter().filter_map(|(name, value)| match value {
            LabelValue::Text(text) => Some((name, text.as_str())),
            LabelValue::Number(_) => None,
        })
    }

    /// The JSON object that [`parse`](Self::parse) reads back.
    pub fn to_json(&self) -> String {
        let members = self.iter().map(|(name, value)| {
            let value = match value {
                LabelValue::Text(text) => Value::String(text.clone()),
                LabelValue::Number(number) => Value::Number(number.clone()),
            };
            (name.to_owned(), value)
        });
        Value::Object(members.collect()).to_string()
    }
}

fn label(name: String, value: Value) -> Result<(String, LabelValue), BadLabels> {
    if name.is_empty() || name.len() > MAX_LABEL_BYTES {
        return Err(BadLabels::Name(name.len()));
    }
    let found = match value {
        Value::String(text) if text.len() > MAX_LABEL_BYTES => {
            return Err(BadLabels::Text { name, bytes: text.len() });
        }
        Value::String(text) => return Ok((name, LabelValue::Text(text))),
        Value::Number(number) => return Ok((name, LabelValue::Number(number))),
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    };
    Err(BadLabels::Value { name, found })
}
