//! Kinds of prompt, by which APIs and datasets are found to fit.

use crate::words::either;
use serde::{Deserialize, Serialize};
use std::fmt;

/// The longest name of a custom kind, in bytes.
const LONGEST: usize = 64;

/// What begins the name of a custom kind.
const CUSTOM: &str = "custom:";

/// A kind of prompt: a case of the contract's `prompt`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum PromptKind {
    /// Chat messages.
    Messages,
    /// Plain text.
    Text,
    /// Token ids.
    Tokens,
    /// Several inputs.
    Inputs,
    /// A query and the documents to rank by it.
    Ranking,
    /// A whole request body.
    Body,
    /// What an API and a dataset agreed on.
    Custom(String),
}

impl PromptKind {
    const PLAIN: [(&str, Self); 6] = [
        ("messages", Self::Messages),
        ("text", Self::Text),
        ("tokens", Self::Tokens),
        ("inputs", Self::Inputs),
        ("ranking", Self::Ranking),
        ("body", Self::Body),
    ];
}

impl TryFrom<String> for PromptKind {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        if let Some((_, kind)) = Self::PLAIN.into_iter().find(|(name, _)| *name == text) {
            return Ok(kind);
        }
        let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
        match text.strip_prefix(CUSTOM) {
            Some(name) if !name.is_empty() && name.len() <= LONGEST && name.bytes().all(fits) => {
                Ok(Self::Custom(name.to_owned()))
            }
            _ => Err(format!(
                "`{text}` is not a kind of prompt; use messages, text, tokens, inputs, ranking, \
                 body or custom:NAME"
            )),
        }
    }
}

impl From<PromptKind> for String {
    fn from(kind: PromptKind) -> Self {
        kind.to_string()
    }
}

impl fmt::Display for PromptKind {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Self::Custom(name) = self {
            return write!(out, "{CUSTOM}{name}");
        }
        let plain = Self::PLAIN.iter().find(|(_, kind)| kind == self);
        out.write_str(plain.map_or("", |(name, _)| name))
    }
}

/// `messages, text or tokens`.
pub fn listed(kinds: &[PromptKind]) -> String {
    either(&kinds.iter().map(ToString::to_string).collect::<Vec<_>>())
}
