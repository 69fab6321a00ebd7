//! Where an exporter's settings and secrets come from: asked in the order of its manifest, the first one
//! that has a value wins.

mod environment;
mod file;
mod formats;
mod netrc;

pub use environment::Environment;

use crate::grants::setting_of;
use loadwright_core::manifest::{ExporterManifest, Need, Source};
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;

/// The longest value of a secret, in bytes.
const LONGEST_SECRET: usize = 16 << 10;

/// What is known of an exporter's settings before its sources are asked.
#[derive(Debug, Clone, Copy)]
pub struct Known<'a> {
    /// Its manifest, which names the sources.
    pub manifest: &'a ExporterManifest,
    /// The secrets that it needs.
    pub secrets: &'a [Need],
    /// Variables that it may read, and nothing else but flags; none: it is bundled, and may read all that
    /// its manifest names.
    pub variables: Option<&'a [String]>,
    /// Settings that the user gave by `--exporter-option`: they come first.
    pub options: &'a Map<String, Value>,
    /// Settings that the schema has values for: they come last.
    pub defaults: &'a Map<String, Value>,
}

/// Settings and secrets with values, and where each came from.
#[derive(Clone, Default)]
pub struct Resolved {
    /// Settings; those of flags, variables, INI, `.env` and netrc files are texts.
    pub settings: Map<String, Value>,
    /// Secrets by name.
    pub secrets: BTreeMap<String, String>,
    /// Where they came from: settings, then `secret:NAME`.
    pub origins: Vec<Origin>,
}

impl fmt::Debug for Resolved {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Resolved({:?}, secrets {:?})", self.settings, self.secrets.keys())
    }
}

/// Where a setting or a secret came from. It never holds a secret's value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// The setting, or `secret:NAME`.
    pub name: String,
    /// E.g. `WANDB_BASE_URL`, `--wandb-api-key` or a path.
    pub from: String,
}

impl fmt::Display for Origin {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}: {}", self.name, self.from)
    }
}

/// Asks the sources.
///
/// # Errors
/// A file is damaged, or a value cannot be one: names the file and the line.
pub fn resolve_sources(known: Known<'_>, environment: &Environment) -> Result<Resolved, String> {
    let mut resolved = Resolved { settings: known.defaults.clone(), ..Resolved::default() };
    for (name, value) in known.options {
        resolved.set(name, value.clone(), format!("--exporter-option …{name}"));
    }
    for (name, sources) in known.manifest.of_settings() {
        if known.options.contains_key(name) {
            continue;
        }
        let mut used = Vec::new();
        for source in sources {
            if !known.is_of_unused_entry(source, &resolved.settings, environment)? {
                used.push(source.clone());
            }
        }
        if let Some((value, from)) = known.first(&used, &resolved.settings, environment)? {
            resolved.set(name, value, from);
        }
    }
    for need in known.secrets {
        let name = &need.name;
        let own = [Source::Env(need.variable())];
        let sources = match known.manifest.of_secret(name) {
            [] => &own,
            sources => sources,
        };
        let Some((value, from)) = known.first(sources, &resolved.settings, environment)? else {
            continue;
        };
        let value = secret(name, &value).map_err(|why| format!("{from}: {why}"))?;
        resolved.secrets.insert(name.clone(), value);
        resolved.origins.push(Origin { name: format!("secret:{name}"), from });
    }
    Ok(resolved)
}

impl Resolved {
    fn set(&mut self, name: &str, value: Value, from: String) {
        self.settings.insert(name.to_owned(), value);
        self.origins.push(Origin { name: name.to_owned(), from });
    }
}

fn secret(name: &str, value: &Value) -> Result<String, String> {
    let text = match value {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        _ => return Err(format!("secret `{name}` is no text")),
    };
    if text.len() > LONGEST_SECRET || text.chars().any(char::is_control) {
        return Err(format!("secret `{name}` holds a line break, or is longer than 16 KiB"));
    }
    Ok(text)
}

/// Reads a value out of the text of a file.
type Read<'a> = &'a dyn Fn(&str) -> Result<Option<Value>, String>;

impl Known<'_> {
    /// The first value, and where it was.
    fn first(
        &self,
        sources: &[Source],
        settings: &Map<String, Value>,
        environment: &Environment,
    ) -> Result<Option<(Value, String)>, String> {
        for source in sources.iter().filter(|source| self.may_read(source)) {
            if let Some((value, from)) = ask(source, settings, environment)? {
                let value = match value {
                    Value::String(text) => Value::from(text.trim()),
                    value => value,
                };
                if value != "" && !value.is_null() {
                    return Ok(Some((value, from)));
                }
            }
        }
        Ok(None)
    }

    /// Whether `source` is of a netrc file whose password is not used, since its secret comes from
    /// elsewhere: a host of an entry belongs to the password of it.
    fn is_of_unused_entry(
        &self,
        source: &Source,
        settings: &Map<String, Value>,
        environment: &Environment,
    ) -> Result<bool, String> {
        let Source::Netrc { file, .. } = source else { return Ok(false) };
        let same = |other: &Source| matches!(other, Source::Netrc { file: of, .. } if of == file);
        for need in self.secrets {
            let sources = self.manifest.of_secret(&need.name);
            let before = sources.iter().position(same).map_or(&[][..], |at| &sources[..at]);
            if self.first(before, settings, environment)?.is_some() {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn may_read(&self, source: &Source) -> bool {
        match (self.variables, source) {
            (None, _) | (_, Source::Flag(_) | Source::Setting { .. }) => true,
            (Some(variables), Source::Env(name)) => variables.contains(name),
            (Some(_), _) => false,
        }
    }
}

fn ask(
    source: &Source,
    settings: &Map<String, Value>,
    environment: &Environment,
) -> Result<Option<(Value, String)>, String> {
    let (file, read): (_, Read<'_>) = match source {
        Source::Flag(flag) => {
            let value = environment.flags.get(flag);
            return Ok(value.map(|value| (Value::from(value.as_str()), format!("--{flag}"))));
        }
        Source::Env(name) => {
            let value = environment.variable(name);
            return Ok(value.map(|value| (Value::from(value), name.clone())));
        }
        Source::Setting { name, replace, by } => {
            let other = settings.get(name).and_then(Value::as_str);
            let value = other.filter(|text| text.contains(replace.as_str()));
            return Ok(value.map(|text| (text.replacen(replace, by, 1).into(), name.clone())));
        }
        Source::Ini { file, section, key } => (file, &|text| formats::ini(text, section, key)),
        Source::Yaml { file, key } => (file, &|text| formats::yaml(text, key)),
        Source::Hocon { file, key } => (file, &|text| formats::hocon(text, key, environment)),
        Source::Dotenv { file, key } => (file, &|text| formats::dotenv(text, key)),
        Source::Netrc { file, machine, field } => (file, &|text| {
            let Some(machine) = machine_of(machine, settings) else { return Ok(None) };
            let entry = netrc::find(text, &machine)?;
            Ok(entry.map(|entry| Value::from(entry.field(*field))))
        }),
    };
    let Some(path) = environment.path(file) else { return Ok(None) };
    of_file(&path, read)
}

fn of_file(path: &Path, read: Read<'_>) -> Result<Option<(Value, String)>, String> {
    let Some(text) = file::read(path)? else { return Ok(None) };
    let shown = path.display().to_string();
    let value = read(&text).map_err(|why| format!("{shown}: {why}"))?;
    Ok(value.map(|value| (value, shown)))
}

/// The machine, with `{setting:KEY}` filled in; none: the setting has no value.
fn machine_of(machine: &str, settings: &Map<String, Value>) -> Option<String> {
    match setting_of(machine) {
        None => Some(machine.to_owned()),
        Some(key) => {
            let value = settings.get(key)?.as_str()?.trim();
            (!value.is_empty()).then(|| value.to_owned())
        }
    }
}

#[cfg(test)]
mod tests;
