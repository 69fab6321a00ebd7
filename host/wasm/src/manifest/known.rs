//! The members that every manifest may have, and the bounds of what is shown of them.

use super::{DEFAULT_MEMORY_MIB, MAX_MEMORY_MIB};
use serde::Deserialize;
use serde_json::{Map, Value};

/// The longest name, version, licence or author in bytes.
const LONGEST_NAME: usize = 64;

/// The longest summary in bytes.
const LONGEST_SUMMARY: usize = 200;

/// Members of a manifest at its top.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Known {
    pub(super) name: String,
    #[serde(default)]
    pub(super) version: String,
    #[serde(default)]
    pub(super) summary: String,
    #[serde(default)]
    license: String,
    #[serde(default)]
    authors: Vec<String>,
    #[serde(default)]
    pub(super) settings: Value,
    #[serde(default)]
    pub(super) limits: Limits,
    needs: Option<Value>,
    api: Option<Value>,
    dataset: Option<Value>,
    exporter: Option<Value>,
    metrics: Option<Value>,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Limits {
    #[serde(default = "default_memory")]
    pub(super) memory_mib: u64,
}

fn default_memory() -> u64 {
    DEFAULT_MEMORY_MIB
}

impl Default for Limits {
    fn default() -> Self {
        Self { memory_mib: DEFAULT_MEMORY_MIB }
    }
}

impl Known {
    /// Reads the members, without those that begin with `x-`.
    ///
    /// # Errors
    /// One is unknown, missing or of the wrong type, or out of bounds.
    pub(super) fn read(json: &Value) -> Result<Self, String> {
        let known = Self::deserialize(without_own(json)).map_err(|error| error.to_string())?;
        known.check().map(|()| known)
    }

    fn check(&self) -> Result<(), String> {
        let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
        let name = &self.name;
        if name.is_empty() || name.len() > LONGEST_NAME || !name.bytes().all(fits) {
            return Err(format!(
                "`{name}` is not a name; use at most {LONGEST_NAME} letters, digits, `-`, `_` and \
                 `.`"
            ));
        }
        let authors = self.authors.iter().map(|author| ("authors", author, LONGEST_NAME));
        let texts = [
            ("version", &self.version, LONGEST_NAME),
            ("license", &self.license, LONGEST_NAME),
            ("summary", &self.summary, LONGEST_SUMMARY),
        ];
        for (member, text, longest) in texts.into_iter().chain(authors) {
            if text.len() > longest || text.chars().any(char::is_control) {
                return Err(format!("{member}: is not one line of at most {longest} bytes"));
            }
        }
        let memory = self.limits.memory_mib;
        if memory > MAX_MEMORY_MIB {
            return Err(format!(
                "limits.memory_mib: {memory} is too large; ask for {MAX_MEMORY_MIB} or less, users \
                 may give more with --plugin-memory"
            ));
        }
        Ok(())
    }

    /// The section `name`, read by `read`; the default if there is none.
    ///
    /// # Errors
    /// Those of `read`.
    pub(super) fn section<T: Default>(
        &self,
        name: &str,
        read: impl FnOnce(&Value) -> Result<T, String>,
    ) -> Result<T, String> {
        self.member(name).map_or_else(|| Ok(T::default()), read)
    }

    /// Whether it has the section `name`.
    pub(super) fn has(&self, name: &str) -> bool {
        self.member(name).is_some()
    }

    fn member(&self, name: &str) -> Option<&Value> {
        match name {
            "needs" => self.needs.as_ref(),
            "api" => self.api.as_ref(),
            "dataset" => self.dataset.as_ref(),
            "exporter" => self.exporter.as_ref(),
            "metrics" => self.metrics.as_ref(),
            _ => None,
        }
    }
}

/// `json` without members that begin with `x-`, which are the author's own. Settings are a schema,
/// which has its own rule for them.
fn without_own(json: &Value) -> Value {
    let Value::Object(members) = json else { return json.clone() };
    let kept = members.iter().filter(|(name, _)| !name.starts_with("x-"));
    let kept = kept.map(|(name, value)| {
        let value = if name == "settings" { value.clone() } else { without_own(value) };
        (name.clone(), value)
    });
    Value::Object(kept.collect::<Map<_, _>>())
}
