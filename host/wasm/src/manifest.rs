//! What a plugin says of itself: its manifest, read without compiling where it is embedded.

mod schema;

use crate::error::LoadFault;
use loadwright_core::setting::SettingFault;
use serde::Deserialize;
use serde_json::Value;

/// Memory of a plugin that asks for no more, in MiB.
const SMALL: u64 = 64;

/// Memory that a plugin may ask for, in MiB; beyond it the user decides.
const LARGE: u64 = 256;

/// Bytes of memory for asking a plugin what it is.
pub(crate) const MOST: u64 = LARGE << 20;

/// A plugin's manifest.
#[derive(Debug, Clone)]
pub struct Manifest {
    /// All of it, as the plugin wrote it.
    pub json: Value,
    known: Known,
}

#[derive(Debug, Clone, Deserialize)]
struct Known {
    name: String,
    #[serde(default)]
    version: String,
    #[serde(default)]
    summary: String,
    #[serde(default)]
    settings: Value,
    #[serde(default)]
    limits: Limits,
}

#[derive(Debug, Clone, Default, Deserialize)]
struct Limits {
    memory_mib: Option<u64>,
}

impl Manifest {
    pub(crate) fn read(text: &[u8]) -> Result<Self, LoadFault> {
        let not_json = |error| LoadFault::Manifest(format!("is not a JSON object: {error}"));
        let json: Value = serde_json::from_slice(text).map_err(not_json)?;
        let known = Known::deserialize(&json)
            .map_err(|error| LoadFault::Manifest(format!("is not one: {error}")))?;
        let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
        if known.name.is_empty() || !known.name.bytes().all(fits) {
            return Err(LoadFault::Manifest(format!(
                "names it `{}`; a name is letters, digits, `-`, `_` and `.`",
                known.name
            )));
        }
        Ok(Self { json, known })
    }

    /// Used in `--api` and `--dataset`.
    pub fn name(&self) -> &str {
        &self.known.name
    }

    /// The plugin's own version.
    pub fn version(&self) -> &str {
        &self.known.version
    }

    /// One line about it.
    pub fn summary(&self) -> &str {
        &self.known.summary
    }

    /// JSON Schema of the plugin's own settings; null where it has none.
    pub fn settings(&self) -> &Value {
        &self.known.settings
    }

    /// Bytes of memory it gets unless the user says otherwise: `limits.memory_mib`, within reason.
    pub(crate) fn memory(&self) -> u64 {
        self.known.limits.memory_mib.unwrap_or(SMALL).clamp(SMALL, LARGE) << 20
    }

    /// Every way in which `settings` break the schema; empty where they fit. Defaults are filled in.
    pub(crate) fn validate(&self, settings: &mut Value) -> Vec<SettingFault> {
        let mut faults = Vec::new();
        schema::validate(&self.known.settings, settings, "settings", &mut faults);
        faults
    }
}

#[cfg(test)]
mod tests;
