//! Settings from a TOML file: keys as the flags, values as one would type them. Members of JSON
//! flags and headers may be written as tables.

use super::{Layer, Setting, find, is_switch, settable, takes_many};
use crate::args::suggestions;
use crate::diagnostics::Diagnostics;
use crate::inputs;
use std::path::Path;
use toml::Value;

/// Flags whose value is JSON: a table or array is written as JSON text.
pub(super) const JSON_FLAGS: &[&str] =
    &["api-args", "dataset-args", "extra-args", "query-template"];

/// The settings of the file at `path`.
pub(super) fn read(command: &clap::Command, path: &Path, diagnostics: &mut Diagnostics) -> Layer {
    let table = match load(path) {
        Ok(table) => table,
        Err(why) => {
            diagnostics.error("config", why);
            return Layer::new();
        }
    };
    let label = path.display().to_string();
    let mut layer = Layer::new();
    for (key, value) in table {
        let known = find(command, &key).filter(|_| key != "config" && key != "help");
        let Some(arg) = known else {
            let text = unknown(command, &key);
            diagnostics.error("config", format!("{label}: {text}"));
            continue;
        };
        // A variable of the same name was read already, and comes before the file.
        diagnostics.origins.entry(key.clone()).or_insert_with(|| label.clone());
        match setting(arg, &key, &value) {
            Ok(setting) => {
                layer.insert(key, setting);
            }
            Err(why) => diagnostics.error_at(&key, &label, why),
        }
    }
    layer
}

fn load(path: &Path) -> Result<toml::Table, String> {
    let text = inputs::read_file(path)?;
    text.parse().map_err(|error: toml::de::Error| {
        let line = error.span().map_or(1, |span| text[..span.start].lines().count().max(1));
        let why = error.message().trim_end().replace('\n', "; ");
        format!("{} is not TOML: line {line}: {why}", path.display())
    })
}

fn unknown(command: &clap::Command, key: &str) -> String {
    if key == "config" {
        return "`config` cannot be set in a settings file; remove it".into();
    }
    match suggestions::suggest(key, settable(command)) {
        Some(flag) => format!("`{key}` is not a setting; did you mean `{flag}`?"),
        None => format!("`{key}` is not a setting; keys are the flags of `perf`, without dashes"),
    }
}

fn setting(arg: &clap::Arg, key: &str, value: &Value) -> Result<Setting, String> {
    if is_switch(arg) {
        let switch = value.as_bool().ok_or("is a switch; give true or false")?;
        return Ok(Setting::Switch(switch));
    }
    if JSON_FLAGS.contains(&key) && !value.is_str() {
        let text = serde_json::to_string(value).map_err(|error| error.to_string())?;
        return Ok(Setting::Values(vec![text]));
    }
    let many = takes_many(arg) || matches!(arg.get_action(), clap::ArgAction::Append);
    let values = match value {
        Value::Array(items) if many => items.iter().map(scalar).collect::<Result<Vec<_>, _>>()?,
        Value::Table(members) if many => members
            .iter()
            .map(|(name, value)| Ok(format!("{name}{}{}", joiner(key), scalar(value)?)))
            .collect::<Result<Vec<_>, String>>()?,
        Value::Array(_) | Value::Table(_) => return Err("takes one value".into()),
        single => vec![scalar(single)?],
    };
    if values.is_empty() { Err("has no value".into()) } else { Ok(Setting::Values(values)) }
}

/// What stands between a name and its value where a table is written as a list.
fn joiner(key: &str) -> char {
    if key == "goodput" { ':' } else { '=' }
}

fn scalar(value: &Value) -> Result<String, String> {
    match value {
        Value::String(text) => Ok(text.clone()),
        Value::Integer(number) => Ok(number.to_string()),
        Value::Float(number) => Ok(number.to_string()),
        Value::Boolean(_) => Err("takes no true or false".into()),
        Value::Datetime(_) => Err("takes no date".into()),
        Value::Array(_) | Value::Table(_) => Err("takes plain values".into()),
    }
}
