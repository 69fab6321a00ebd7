//! Settings on their way into a plugin: one JSON object, read into a type of the plugin's choice.
//! A setting that does not fit is a [`Fault::Settings`] that names it.

use crate::{Fault, SettingFault};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

/// What `configure` of an API plugin gets.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
pub struct Api {
    /// The service's URL.
    pub url: String,
    /// Model, stream and the sampling settings that the user gave, under their API names.
    #[serde(default)]
    pub generation: Map<String, Value>,
    /// Merged last into every body; null deletes.
    #[serde(default)]
    pub extra_args: Option<Map<String, Value>>,
    /// The user's own shape of a body, in which `%p` stands for the prompt and `%m` for the model.
    #[serde(default)]
    pub template: Option<Value>,
    /// The plugin's own settings.
    #[serde(default)]
    pub settings: Option<Value>,
}

/// What `configure` of a dataset gets.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(default)]
pub struct Dataset {
    /// The model's name.
    pub model: Option<String>,
    /// The user's prompt.
    pub prompt: Option<String>,
    /// Tokens (characters where there is no tokenizer) in a prompt, at least.
    pub min_prompt_length: Option<u32>,
    /// Tokens (characters where there is no tokenizer) in a prompt, at most.
    pub max_prompt_length: Option<u32>,
    /// Tokens of the shared prefix.
    pub prefix_length: Option<u32>,
    /// Distinct prefixes.
    pub prefix_count: Option<u32>,
    /// Whether prompts are chat messages.
    pub apply_chat_template: Option<bool>,
    /// Pixels.
    pub image_width: Option<u32>,
    /// Pixels.
    pub image_height: Option<u32>,
    /// A file format or pixel mode.
    pub image_format: Option<String>,
    /// Images a prompt.
    pub image_num: Option<u32>,
    /// The plugin's own settings.
    pub settings: Option<Value>,
}

/// A fault of the setting `name`, as the manifest spells it; empty: of all of them.
pub fn fault(name: impl Into<String>, text: impl Into<String>) -> Fault {
    Fault::Settings(SettingFault { name: name.into(), text: text.into() })
}

/// Reads the JSON object of `configure`.
///
/// # Errors
/// [`Fault::Settings`] that names the member and says what it should be.
pub fn parse<T: DeserializeOwned>(json: &str) -> Result<T, Fault> {
    let mut reader = serde_json::Deserializer::from_str(json);
    let settings = serde_path_to_error::deserialize(&mut reader).map_err(named)?;
    reader.end().map_err(|error| fault("", error.to_string()))?;
    Ok(settings)
}

/// Reads a plugin's own settings, `settings` of [`Api`] or [`Dataset`]; absent or null is an empty
/// object.
///
/// # Errors
/// As for [`parse`].
pub fn own<T: DeserializeOwned>(settings: Option<&Value>) -> Result<T, Fault> {
    let empty = Value::Object(Map::new());
    let value = settings.filter(|value| !value.is_null()).unwrap_or(&empty);
    serde_path_to_error::deserialize(value).map_err(named)
}

fn named(error: serde_path_to_error::Error<serde_json::Error>) -> Fault {
    let place = error.path().to_string();
    let name = if place == "." { String::new() } else { place };
    fault(name, error.into_inner().to_string())
}

/// The own settings of a plugin that has none: anything there is a fault that names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct None {}

#[cfg(test)]
mod tests;
