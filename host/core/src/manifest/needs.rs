//! What a plugin cannot work without.

use super::{is_line, section};
use serde::Deserialize;
use serde_json::Value;

/// The longest reason, in bytes.
const LONGEST_REASON: usize = 200;

/// The longest name of a secret or of a file's setting, in bytes.
const LONGEST_NAME: usize = 64;

/// The most things of one kind that a plugin may need.
const MOST: usize = 16;

/// What begins the name of a variable that holds a secret.
pub const VARIABLE: &str = "LOADWRIGHT_SECRET_";

/// What a plugin cannot work without, each with a reason.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Needs {
    /// Secrets of the environment, which the host fills into headers.
    pub secrets: Vec<Need>,
    /// Files: `dataset-path`, or a setting of its own with the format `path`.
    pub files: Vec<Need>,
    /// Why it needs a tokenizer, if it does.
    pub tokenizer: Option<String>,
}

/// One thing that a plugin needs.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Need {
    /// Its name.
    pub name: String,
    /// What for: a lower-case fragment.
    pub reason: String,
}

impl Need {
    /// The environment variable that holds the secret of this name.
    pub fn variable(&self) -> String {
        format!("{VARIABLE}{}", self.name.to_uppercase().replace('-', "_"))
    }
}

impl Needs {
    /// Reads the member `needs` of a manifest.
    ///
    /// # Errors
    /// What is wrong with it, and where.
    pub fn read(json: &Value) -> Result<Self, String> {
        let needs: Self = section("needs", json)?;
        check_names("secrets", &needs.secrets, |byte| {
            byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-'
        })?;
        check_names("files", &needs.files, |byte| {
            byte.is_ascii_alphanumeric() || b"-_".contains(&byte)
        })?;
        match &needs.tokenizer {
            Some(reason) if !is_line(reason, LONGEST_REASON) => Err(bad_reason("tokenizer")),
            _ => Ok(needs),
        }
    }
}

fn check_names(member: &str, needs: &[Need], may_hold: impl Fn(u8) -> bool) -> Result<(), String> {
    if needs.len() > MOST {
        return Err(format!("needs.{member}: names more than {MOST}"));
    }
    for (index, Need { name, reason }) in needs.iter().enumerate() {
        if name.is_empty() || name.len() > LONGEST_NAME || !name.bytes().all(&may_hold) {
            return Err(format!(
                "needs.{member}: `{name}` is not a name; use lower-case letters, digits and `-`"
            ));
        }
        if needs[..index].iter().any(|other| other.name == *name) {
            return Err(format!("needs.{member}: names `{name}` twice"));
        }
        if !is_line(reason, LONGEST_REASON) {
            return Err(bad_reason(&format!("{member}: `{name}`")));
        }
    }
    Ok(())
}

fn bad_reason(what: &str) -> String {
    format!("needs.{what}: give a reason on one line, of at most {LONGEST_REASON} bytes")
}
