//! What a plugin's manifest says of its kind and its needs, as the engine and the command line use
//! it: prompts that an API takes and where they go, prompts that a dataset makes, metrics that a
//! service measures itself, secrets and files. Whatever is not understood is refused by name.

mod api;
mod exporter;
mod metric;
mod needs;
mod prompt_kind;

pub use api::{ApiManifest, Auth};
pub use exporter::{ExporterManifest, NetrcField, Source};
pub use metric::read_metrics;
pub use needs::{Need, Needs, VARIABLE};
pub use prompt_kind::{PromptKind, listed};

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// What a dataset's manifest says of its prompts.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DatasetManifest {
    /// Kinds of prompt that it makes; empty: not known.
    pub prompts: Vec<PromptKind>,
}

impl DatasetManifest {
    /// Reads the member `dataset` of a manifest.
    ///
    /// # Errors
    /// What is wrong with it, and where.
    pub fn read(json: &Value) -> Result<Self, String> {
        let dataset: Self = section("dataset", json)?;
        check_prompts("dataset", &dataset.prompts)?;
        Ok(dataset)
    }
}

/// The member `name` of a manifest.
fn section<T: DeserializeOwned>(name: &str, json: &Value) -> Result<T, String> {
    T::deserialize(json).map_err(|error| format!("{name}: {error}"))
}

fn check_prompts(section: &str, prompts: &[PromptKind]) -> Result<(), String> {
    if prompts.is_empty() {
        return Err(format!("{section}.prompts: is empty; name a kind of prompt"));
    }
    match prompts.iter().enumerate().find(|(at, kind)| prompts[..*at].contains(kind)) {
        Some((_, twice)) => Err(format!("{section}.prompts: holds {twice} twice")),
        None => Ok(()),
    }
}

/// Whether `text` is a short text that can be shown on one line.
fn is_line(text: &str, longest: usize) -> bool {
    !text.is_empty() && text.len() <= longest && !text.chars().any(char::is_control)
}

#[cfg(test)]
mod tests;
