//! Values in INI, YAML, HOCON and `.env` files. Errors say why, with the line where it is known.

use super::environment::Environment;
use hocon_rs::ConfigOptions;
use ini::{Ini, ParseOption};
use serde_json::Value;

/// The most substitutions of a HOCON file: each may double a text.
const MOST_SUBSTITUTIONS: usize = 16;

/// The deepest nesting of brackets in YAML, whose reader takes a time that grows with its square.
const DEEPEST: usize = 128;

/// A key of a section, read as Python's configparser does: keys in any case, quotes and backslashes
/// as they are.
pub(super) fn ini(text: &str, section: &str, key: &str) -> Result<Option<Value>, String> {
    let options =
        ParseOption { enabled_quote: false, enabled_escape: false, ..ParseOption::default() };
    let ini = Ini::load_from_str_opt(text, options)
        .map_err(|error| format!("line {}: {}", error.line, error.msg))?;
    let sections = ini.iter().filter(|(name, _)| *name == Some(section));
    let found = sections.flat_map(|(_, members)| members.iter());
    let mut found = found.filter(|(name, _)| name.eq_ignore_ascii_case(key));
    Ok(found.next_back().map(|(_, value)| Value::from(value)))
}

/// A dotted key.
pub(super) fn yaml(text: &str, key: &str) -> Result<Option<Value>, String> {
    if depth(text) > DEEPEST {
        return Err(format!("is nested deeper than {DEEPEST} levels"));
    }
    let read: Result<Value, _> = serde_yaml_ng::from_str(text);
    let json = read.map_err(|error| match error.location() {
        Some(location) => format!("line {}: {error}", location.line()),
        None => error.to_string(),
    })?;
    Ok(dotted(&json, key))
}

/// How deep brackets are nested, those in quotes included.
fn depth(text: &str) -> usize {
    let mut depth = 0_usize;
    let mut deepest = 0;
    for byte in text.bytes() {
        match byte {
            b'[' | b'{' => depth += 1,
            b']' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        deepest = deepest.max(depth);
    }
    deepest
}

/// A dotted key. `${NAME}` is a key of the file, or a variable; files are not included.
pub(super) fn hocon(
    text: &str,
    key: &str,
    environment: &Environment,
) -> Result<Option<Value>, String> {
    let names = substitutions(text);
    if names.len() > MOST_SUBSTITUTIONS {
        return Err(format!("holds more than {MOST_SUBSTITUTIONS} substitutions"));
    }
    let mut variables = String::new();
    for name in names {
        if let Some(value) = environment.variable(name) {
            variables += &format!("{} : {}\n", Value::from(name), Value::from(value));
        }
    }
    // A file may have its braces: the variables then stand in an object before it.
    let body = text.trim_start();
    let whole = match body.strip_prefix('{') {
        Some(rest) => format!("{{\n{variables}{rest}"),
        None => format!("{variables}{text}"),
    };
    let options = ConfigOptions { max_include_depth: 0, ..ConfigOptions::default() };
    let read = hocon_rs::Config::parse_str::<Value>(&whole, Some(options));
    Ok(dotted(&read.map_err(|error| error.to_string())?, key))
}

/// The names in `${NAME}` and `${?NAME}`.
fn substitutions(text: &str) -> Vec<&str> {
    let behind = text.split("${").skip(1);
    let names = behind.filter_map(|behind| behind.split_once('}').map(|(name, _)| name));
    names.map(|name| name.trim_start_matches('?').trim()).collect()
}

fn dotted(json: &Value, key: &str) -> Option<Value> {
    let found = key.split('.').try_fold(json, |json, part| json.get(part))?;
    match found {
        Value::Null => None,
        found => Some(found.clone()),
    }
}

/// A variable of a `.env` file: `[export] NAME=VALUE`, in quotes or up to ` #`.
pub(super) fn dotenv(text: &str, key: &str) -> Result<Option<Value>, String> {
    let mut found = None;
    for (at, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let line = line.strip_prefix("export ").unwrap_or(line);
        let damaged = |why| format!("line {}: {why}", at + 1);
        let (name, value) = line.split_once('=').ok_or_else(|| damaged("has no `=`"))?;
        if name.trim() == key {
            found = Some(unquoted(value.trim()).ok_or_else(|| damaged("a quote is not closed"))?);
        }
    }
    Ok(found.map(Value::from))
}

fn unquoted(value: &str) -> Option<String> {
    match value.chars().next() {
        Some(quote @ ('"' | '\'')) => {
            let mut text = String::new();
            let mut rest = value.chars().skip(1);
            loop {
                match rest.next()? {
                    end if end == quote => return Some(text),
                    '\\' if quote == '"' => text.push(match rest.next()? {
                        'n' => '\n',
                        't' => '\t',
                        other => other,
                    }),
                    other => text.push(other),
                }
            }
        }
        _ => Some(value.split(" #").next().unwrap_or(value).trim_end().to_owned()),
    }
}
