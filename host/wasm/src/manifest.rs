//! A plugin's manifest: name, version, summary, schema of its settings and memory.

mod schema;

use crate::error::LoadFault;
use loadwright_core::setting::SettingFault;
use serde::Deserialize;
use serde_json::Value;

/// A plugin's memory unless it asks for more, in MiB.
const DEFAULT_MEMORY_MIB: u64 = 64;

/// The most memory that a plugin may ask for, in MiB; only the user may give it more.
const MAX_MEMORY_MIB: u64 = 256;

/// The same in bytes.
pub(crate) const MAX_MEMORY: u64 = MAX_MEMORY_MIB << 20;

/// A plugin's manifest.
#[derive(Debug, Clone)]
pub struct Manifest {
    /// The whole manifest as the plugin wrote it.
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
            .map_err(|error| LoadFault::Manifest(format!("is not valid: {error}")))?;
        let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
        if known.name.is_empty() || !known.name.bytes().all(fits) {
            return Err(LoadFault::Manifest(format!(
                "has the invalid name `{}`; use letters, digits, `-`, `_` and `.`",
                known.name
            )));
        }
        Ok(Self { json, known })
    }

    /// The plugin's name, as `--api` and `--dataset` take it.
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

    /// JSON Schema of the plugin's own settings; null if it has none.
    pub fn settings(&self) -> &Value {
        &self.known.settings
    }

    /// Memory limit in bytes unless the user sets one: `limits.memory_mib`, from 64 to 256 MiB.
    pub(crate) fn memory(&self) -> u64 {
        self.known
            .limits
            .memory_mib
            .unwrap_or(DEFAULT_MEMORY_MIB)
            .clamp(DEFAULT_MEMORY_MIB, MAX_MEMORY_MIB)
            << 20
    }

    /// Checks `settings` against the schema and fills in defaults; empty if they are valid.
    pub(crate) fn validate(&self, settings: &mut Value) -> Vec<SettingFault> {
        let mut faults = Vec::new();
        schema::validate(&self.known.settings, settings, "settings", &mut faults);
        faults
    }
}

#[cfg(test)]
mod tests;
