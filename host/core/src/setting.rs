//! What a plugin says of a setting that it cannot use. Which flag sets it is the command line's
//! business.

use std::fmt;

/// A setting that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SettingFault {
    /// The setting as its owner calls it, e.g. `max_prompt_length` or `settings.mode`, where it
    /// says which.
    pub name: Option<String>,
    /// What is wrong and what to change: a lower-case fragment.
    pub text: String,
}

impl SettingFault {
    /// The fault `text` of the setting `name`.
    pub fn of(name: impl Into<String>, text: impl Into<String>) -> Self {
        Self { name: Some(name.into()), text: text.into() }
    }
}

/// The contract with plugins has one text for both: the name and a colon, then what is wrong.
impl From<String> for SettingFault {
    fn from(text: String) -> Self {
        match text.split_once(": ").filter(|(name, _)| is_name(name)) {
            Some((name, text)) => Self::of(name, text),
            None => Self { name: None, text },
        }
    }
}

impl From<&str> for SettingFault {
    fn from(text: &str) -> Self {
        text.to_owned().into()
    }
}

impl fmt::Display for SettingFault {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.name {
            Some(name) => write!(out, "{name}: {}", self.text),
            None => out.write_str(&self.text),
        }
    }
}

/// Whether `text` may be the path of a member: `generation.top_p`, `settings.ids[1]`.
fn is_name(text: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"_-.[]".contains(&byte);
    !text.is_empty() && text.bytes().all(fits)
}

#[cfg(test)]
mod tests;
