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
    let text = &quoted_urls(text);
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

/// `text` with quotes round URLs that stand behind a key: clearml.conf has none, and its own reader
/// needs none.
fn quoted_urls(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        let url = line.find("http://").or_else(|| line.find("https://"));
        let url = url.filter(|at| line[..*at].trim_end().ends_with([':', '=']));
        let Some(at) = url else {
            out += line;
            continue;
        };
        let (before, url) = line.split_at(at);
        let end = url.find(|c: char| c.is_whitespace() || ",}\"$".contains(c)).unwrap_or(url.len());
        out += &format!("{before}{}{}", Value::from(&url[..end]), &url[end..]);
    }
    out
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

/// A variable of a `.env` file: `[export] NAME=VALUE`, in quotes, over lines too, or up to ` #`. Such
/// files belong to other programs: what is not understood is skipped.
pub(super) fn dotenv(text: &str, key: &str) -> Result<Option<Value>, String> {
    let mut found = None;
    let mut rest = text;
    while !rest.is_empty() {
        let (line, after) = rest.split_once('\n').unwrap_or((rest, ""));
        let start = line.trim_start();
        let start = start.strip_prefix("export ").unwrap_or(start);
        let pair = start.split_once('=').filter(|_| !start.starts_with('#'));
        let Some((name, value)) = pair else {
            rest = after;
            continue;
        };
        // A quoted value may go on behind the line.
        let at = text.len() - rest.len() + line.len() - value.len();
        let quoted = unquoted(text[at..].trim_start_matches([' ', '\t']));
        let (value, behind) = match quoted {
            Unquoted::Value(value, behind) => (Some(value), behind),
            Unquoted::Open => (None, after),
            Unquoted::Plain => (Some(plain(value)), after),
        };
        if name.trim() == key {
            let number = text[..at].matches('\n').count() + 1;
            found = Some(value.ok_or_else(|| format!("line {number}: a quote is not closed"))?);
        }
        rest = behind;
    }
    Ok(found.map(Value::from))
}

fn plain(value: &str) -> String {
    value.split(" #").next().unwrap_or(value).trim().to_owned()
}

/// What a value begins with.
enum Unquoted<'a> {
    /// A value in quotes, and the text behind it.
    Value(String, &'a str),
    /// A quote that is not closed.
    Open,
    /// No quote.
    Plain,
}

fn unquoted(text: &str) -> Unquoted<'_> {
    let Some(quote) = text.chars().next().filter(|c| ['"', '\''].contains(c)) else {
        return Unquoted::Plain;
    };
    let mut value = String::new();
    let mut rest = text.char_indices().skip(1);
    while let Some((at, next)) = rest.next() {
        match next {
            end if end == quote => return Unquoted::Value(value, &text[at + 1..]),
            '\\' if quote == '"' => match rest.next() {
                Some((_, 'n')) => value.push('\n'),
                Some((_, 't')) => value.push('\t'),
                Some((_, other)) => value.push(other),
                None => return Unquoted::Open,
            },
            other => value.push(other),
        }
    }
    Unquoted::Open
}
