//! Reads tokenizer_config.json and chat_template.jinja: the special tokens by name and the source
//! of the chat template. Stops at the source: `template` renders it.

use crate::error::OpenError;
use crate::file;
use crate::model_files::{CONFIG, TEMPLATE};
use serde_json::{Map, Value};
use std::path::{Path, PathBuf};

/// The tokens that templates may name, as transformers passes them.
const SPECIAL: [&str; 8] = [
    "bos_token",
    "eos_token",
    "unk_token",
    "sep_token",
    "pad_token",
    "cls_token",
    "mask_token",
    "additional_special_tokens",
];

/// The configuration next to a tokenizer.json.
#[derive(Debug, Default)]
pub(crate) struct Config {
    /// Special tokens by name, without those that are not set.
    pub(crate) special: Map<String, Value>,
    /// The chat template's source, if the model has one.
    pub(crate) template: Option<String>,
}

/// Maximum size of either file in bytes.
const SIZE: u64 = 64 << 20;

/// The configuration in `folder`, and the file that its chat template is from. Both files are
/// optional.
pub(crate) fn read(folder: &Path) -> Result<(Config, PathBuf), OpenError> {
    let mut config = Config::default();
    let path = folder.join(CONFIG);
    if let Some(text) = optional(&path)? {
        let invalid = |reason: String| OpenError::Invalid { path: path.clone(), reason };
        let value: Value =
            serde_json::from_str(&text).map_err(|error| invalid(file::damage(&error, &text)))?;
        config = parse(&value).map_err(invalid)?;
    }
    let own = folder.join(TEMPLATE);
    if let Some(source) = optional(&own)? {
        config.template = Some(source);
        return Ok((config, own));
    }
    Ok((config, path))
}

fn optional(path: &Path) -> Result<Option<String>, OpenError> {
    match loadwright_files::read_text(path, SIZE) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.is_missing() => Ok(None),
        Err(source) => Err(OpenError::Unreadable { path: path.to_owned(), source }),
    }
}

/// The parts of tokenizer_config.json that templates need.
pub(crate) fn parse(config: &Value) -> Result<Config, String> {
    let mut special = Map::new();
    for name in SPECIAL {
        match config.get(name) {
            None | Some(Value::Null) => {}
            Some(value) => {
                special.insert(name.to_owned(), token(value));
            }
        }
    }
    Ok(Config { special, template: source(config.get("chat_template"))? })
}

/// A token is its text, an object with the text as `content`, or a list of those.
fn token(value: &Value) -> Value {
    match value {
        Value::Array(tokens) => Value::Array(tokens.iter().map(token).collect()),
        Value::Object(parts) => parts.get("content").cloned().unwrap_or(Value::Null),
        text => text.clone(),
    }
}

/// A template is a source, or a list of `{name, template}` of which `default` is used.
fn source(value: Option<&Value>) -> Result<Option<String>, String> {
    match value {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(source)) => Ok(Some(source.clone())),
        Some(Value::Array(named)) => named
            .iter()
            .find(|entry| entry["name"] == "default")
            .and_then(|entry| entry["template"].as_str())
            .map(|source| Some(source.to_owned()))
            .ok_or_else(|| "its chat_template list has no `default`".to_owned()),
        Some(_) => Err("its chat_template is neither a string nor a list".to_owned()),
    }
}
