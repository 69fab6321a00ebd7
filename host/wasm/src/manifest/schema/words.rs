//! Checks a schema itself: its keywords, and the forms that they take.

use crate::manifest::DATASET_PATH;
use loadwright_core::words::either;
use serde_json::{Map, Value};

/// Keywords that say something of a value.
const KEYWORDS: [&str; 10] = [
    "type",
    "enum",
    "minimum",
    "maximum",
    "properties",
    "required",
    "additionalProperties",
    "items",
    "default",
    "format",
];

/// Keywords for people.
const ANNOTATIONS: [&str; 6] =
    ["title", "description", "examples", "deprecated", "$schema", "$comment"];

const TYPES: [&str; 7] = ["object", "array", "string", "boolean", "null", "number", "integer"];

/// Where in the settings a schema is.
#[derive(Clone, Copy, PartialEq)]
enum Level {
    All,
    Setting,
    Below,
}

/// Checks the schema of a plugin's settings; returns the settings that name a file or a folder.
///
/// # Errors
/// It is not a schema, or uses what is not understood.
pub(in super::super) fn check(schema: &Value) -> Result<Vec<String>, String> {
    if schema.is_null() {
        return Ok(Vec::new());
    }
    check_schema(schema, "settings", Level::All)?;
    let paths = properties(schema).filter(|(_, property)| is_path(property));
    paths.map(|(name, property)| check_path(name, property).map(|()| name.clone())).collect()
}

fn properties(schema: &Value) -> impl Iterator<Item = (&String, &Value)> {
    schema.get("properties").and_then(Value::as_object).into_iter().flatten()
}

fn is_path(schema: &Value) -> bool {
    schema.get("format").is_some_and(|format| format == "path")
}

/// The name becomes that of a file, and only the user may say which file that is.
fn check_path(name: &str, schema: &Value) -> Result<(), String> {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
    if name == DATASET_PATH || !name.bytes().all(fits) {
        return Err(format!(
            "settings.{name}: a path needs a name of letters, digits, `-` and `_` other than \
             {DATASET_PATH}"
        ));
    }
    match schema.get("default").or_else(|| schema.get("enum")) {
        Some(_) => Err(format!("settings.{name}: only users choose paths; leave out the default")),
        None => Ok(()),
    }
}

fn check_schema(schema: &Value, at: &str, level: Level) -> Result<(), String> {
    let Some(members) = schema.as_object() else {
        return Err(format!("{at}: is not a schema, which is a JSON object"));
    };
    for (keyword, value) in members {
        if KEYWORDS.contains(&keyword.as_str()) {
            check_keyword(keyword, value).map_err(|why| format!("{at}.{keyword}: {why}"))?;
        } else if !ANNOTATIONS.contains(&keyword.as_str()) && !keyword.starts_with("x-") {
            return Err(format!(
                "{at}: the keyword `{keyword}` is not understood; use {}, and check the rest in \
                 `configure`",
                either(&KEYWORDS)
            ));
        }
    }
    check_format(members, at, level)?;
    if let Some(items) = members.get("items") {
        check_schema(items, &format!("{at}.items"), Level::Below)?;
    }
    let below = if level == Level::All { Level::Setting } else { Level::Below };
    properties(schema)
        .try_for_each(|(name, property)| check_schema(property, &format!("{at}.{name}"), below))
}

/// What a keyword must be.
fn check_keyword(keyword: &str, value: &Value) -> Result<(), String> {
    let texts =
        |value: &Value| value.as_array().is_some_and(|all| all.iter().all(Value::is_string));
    let (fits, wanted) = match keyword {
        "type" => return check_type(value),
        "enum" => (value.is_array(), "an array"),
        "minimum" | "maximum" => (value.is_number(), "a number"),
        "properties" => (value.is_object(), "an object"),
        "required" => (texts(value), "an array of names"),
        "additionalProperties" => (value.is_boolean(), "true or false"),
        "format" => (value.is_string(), "a string"),
        _ => return Ok(()),
    };
    if fits { Ok(()) } else { Err(format!("is not {wanted}")) }
}

fn check_type(value: &Value) -> Result<(), String> {
    let known = |name: &Value| name.as_str().is_some_and(|name| TYPES.contains(&name));
    let fits = match value {
        Value::Array(names) => !names.is_empty() && names.iter().all(known),
        name => known(name),
    };
    if fits { Ok(()) } else { Err(format!("{value} is not a type; use {}", either(&TYPES))) }
}

/// Paths are settings themselves, whose names become names of files.
fn check_format(schema: &Map<String, Value>, at: &str, level: Level) -> Result<(), String> {
    let Some(format) = schema.get("format").and_then(Value::as_str) else { return Ok(()) };
    let is_text = schema.get("type").is_some_and(|of| of == "string");
    match format {
        "path" if level == Level::Setting && is_text => Ok(()),
        "path" => Err(format!("{at}.format: only a setting itself, of type string, can be a path")),
        "hub" => Err(format!(
            "{at}.format: `hub` is reserved and not supported yet; use `path`, and give a file"
        )),
        other => Err(format!("{at}.format: `{other}` is not understood; use `path`")),
    }
}
