//! What a task says of a point: names, hyperparameters, configuration.

use crate::settings::Settings;
use loadwright_plugin::exporter::{Point, Run};
use serde_json::{Map, Value, json};

/// The longest value of a hyperparameter, in bytes; the whole is in the configuration.
const LONGEST: usize = 4096;

/// A task before it exists.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Description {
    pub(crate) point: u32,
    pub(crate) name: String,
    pub(crate) tags: Vec<String>,
    pub(crate) comment: String,
    pub(crate) hyperparams: Value,
    pub(crate) configuration: Value,
}

impl Description {
    /// The task of a point.
    pub(crate) fn new(settings: &Settings, run: &Run, point: &Point) -> Self {
        let name = if settings.name.is_empty() { &run.name } else { &settings.name };
        let several = run.points.len() > 1;
        let mut tags = settings.tags.clone();
        if several {
            tags.push(run_tag(run));
        }
        let values: Value = serde_json::from_str(&point.settings).unwrap_or_default();
        Self {
            point: point.index,
            name: if several { format!("{name} {}", point.name) } else { name.clone() },
            tags,
            comment: comment(settings, run),
            hyperparams: json!({ "General": general(&values), "Plugins": plugins(run) }),
            configuration: json!({ "settings": document(&values) }),
        }
    }

    /// The fields that a server and an offline session have in common.
    pub(crate) fn fields(&self) -> Map<String, Value> {
        let mut fields = Map::new();
        fields.insert("name".into(), json!(self.name));
        fields.insert("type".into(), json!("testing"));
        fields.insert("tags".into(), json!(self.tags));
        fields.insert("comment".into(), json!(self.comment));
        fields.insert("hyperparams".into(), self.hyperparams.clone());
        fields.insert("configuration".into(), self.configuration.clone());
        fields
    }
}

/// What the tasks of one sweep have in common.
fn run_tag(run: &Run) -> String {
    let id: String = run.id.chars().take(12).collect();
    format!("run {id}")
}

fn comment(settings: &Settings, run: &Run) -> String {
    let own = format!("Measured by {}, run {}", run.tool, run.id);
    if settings.comment.is_empty() { own } else { format!("{}\n\n{own}", settings.comment) }
}

fn plugins(run: &Run) -> Map<String, Value> {
    let one = |plugin: &loadwright_plugin::Field| {
        let value = Value::String(plugin.value.clone());
        (plugin.name.clone(), parameter("Plugins", &plugin.name, &value))
    };
    run.plugins.iter().map(one).collect()
}

/// All settings, nested names joined by `/`.
fn general(settings: &Value) -> Map<String, Value> {
    let mut flat = Map::new();
    flatten("", settings, &mut flat);
    flat
}

fn flatten(prefix: &str, value: &Value, flat: &mut Map<String, Value>) {
    match value {
        Value::Object(members) if prefix.is_empty() || !members.is_empty() => {
            for (name, value) in members {
                let name =
                    if prefix.is_empty() { name.clone() } else { format!("{prefix}/{name}") };
                flatten(&name, value, flat);
            }
        }
        value => {
            flat.insert(prefix.into(), parameter("General", prefix, value));
        }
    }
}

/// A hyperparameter: its value is text, spelled as ClearML's SDK does.
fn parameter(section: &str, name: &str, value: &Value) -> Value {
    let mut parameter = json!({
        "section": section, "name": name, "value": clipped(&spelled(value)), "description": "",
    });
    if let Some(kind) = kind(value) {
        parameter["type"] = Value::String(kind);
    }
    parameter
}

fn spelled(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::Bool(true) => "True".into(),
        Value::Bool(false) => "False".into(),
        Value::String(text) => text.clone(),
        Value::Array(values) => {
            let values: Vec<String> = values.iter().map(Value::to_string).collect();
            format!("[{}]", values.join(", "))
        }
        other => other.to_string(),
    }
}

fn clipped(text: &str) -> String {
    if text.len() <= LONGEST {
        return text.into();
    }
    let mut end = LONGEST;
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    format!("{}…", &text[..end])
}

fn kind(value: &Value) -> Option<String> {
    let kind = match value {
        Value::Null => return None,
        Value::Bool(_) => "bool",
        Value::String(_) => "str",
        Value::Number(number) if number.is_f64() => "float",
        Value::Number(_) => "int",
        Value::Object(_) => "dict",
        Value::Array(values) => {
            let mut kinds: Vec<String> = values.iter().filter_map(kind).collect();
            kinds.dedup();
            return Some(match kinds.as_slice() {
                [one] => format!("list/{one}"),
                _ => "list".into(),
            });
        }
    };
    Some(kind.into())
}

/// The settings as they are.
fn document(settings: &Value) -> Value {
    let value = serde_json::to_string_pretty(settings).unwrap_or_default();
    json!({
        "name": "settings", "value": value, "type": "json",
        "description": "All settings of this point, secrets masked",
    })
}

#[cfg(test)]
mod tests;
