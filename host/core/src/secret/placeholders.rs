//! Placeholders of secrets in header values: a plugin writes them, the host fills them in.

use std::borrow::Cow;

/// What a placeholder begins and ends with.
const OPEN: &str = "{{";
const CLOSE: &str = "}}";

/// The name that stands for the user's API key.
pub const API_KEY: &str = "api-key";

/// What begins the name of any other secret.
pub const SECRET_PREFIX: &str = "secret:";

/// A placeholder without a value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoSecret {
    /// The user gave no API key.
    #[error("{{{{api-key}}}} has no value; give --api-key")]
    ApiKey,
    /// The manifest does not declare it.
    #[error("{{{{secret:{}}}}} is not declared; name it in needs.secrets of the manifest", crate::foreign::escaped(.0))]
    Undeclared(String),
}

/// `value` with the placeholders of secrets filled in from `secrets`, by name. Values are not searched
/// for placeholders again; others than those of secrets are left.
///
/// # Errors
/// One has no value.
pub fn filled<'a>(value: &'a str, secrets: &[(String, String)]) -> Result<Cow<'a, str>, NoSecret> {
    if !has_secret(value) {
        return Ok(Cow::Borrowed(value));
    }
    let mut out = String::with_capacity(value.len());
    let mut rest = value;
    while let Some((before, behind)) = rest.split_once(OPEN) {
        out += before;
        let name = behind.split_once(CLOSE).filter(|(name, _)| is_secret(name));
        let Some((name, after)) = name else {
            out += OPEN;
            rest = behind;
            continue;
        };
        let known = secrets.iter().find(|(known, _)| known == name);
        out += &known.ok_or_else(|| missing(name))?.1;
        rest = after;
    }
    Ok(Cow::Owned(out + rest))
}

/// Whether `value` holds a placeholder of a secret.
pub fn has_secret(value: &str) -> bool {
    let mut behind = value.split(OPEN).skip(1);
    behind.any(|text| text.split_once(CLOSE).is_some_and(|(name, _)| is_secret(name)))
}

fn is_secret(name: &str) -> bool {
    name == API_KEY || name.starts_with(SECRET_PREFIX)
}

fn missing(name: &str) -> NoSecret {
    match name.strip_prefix(SECRET_PREFIX) {
        Some(name) => NoSecret::Undeclared(name.to_owned()),
        None => NoSecret::ApiKey,
    }
}
