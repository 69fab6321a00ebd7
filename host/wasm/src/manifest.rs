//! A plugin's manifest, read and checked as a whole: a member that is not understood is refused by
//! name, except one that begins with `x-`.

mod known;
mod schema;

use crate::error::LoadFault;
use crate::formatting::Formatting;
use crate::kind::Kind;
use known::Known;
use loadwright_core::foreign::clipped;
use loadwright_core::manifest::{
    ApiManifest, DatasetManifest, ExporterManifest, Needs, read_metrics,
};
use loadwright_core::service::ServiceMetric;
use loadwright_core::setting::SettingFault;
use serde_json::Value;

/// A plugin's memory unless it asks for more, in MiB.
const DEFAULT_MEMORY_MIB: u64 = 64;

/// The most memory that a plugin may ask for, in MiB; only the user may give it more.
const MAX_MEMORY_MIB: u64 = 256;

/// The same in bytes.
pub(crate) const MAX_MEMORY: u64 = MAX_MEMORY_MIB << 20;

/// The longest manifest in bytes.
pub(crate) const LONGEST: usize = 256 << 10;

/// Bytes of an error that are shown.
const MAX_FAULT: usize = 1024;

/// A plugin's manifest.
#[derive(Debug, Clone, PartialEq)]
pub struct Manifest {
    /// The whole manifest as the plugin wrote it.
    pub json: Value,
    known: Known,
    /// What it needs.
    pub needs: Needs,
    /// What it says as an API; defaults where it says nothing.
    pub api: ApiManifest,
    /// What it says as a dataset; defaults where it says nothing.
    pub dataset: DatasetManifest,
    /// What it says as an exporter; defaults where it says nothing.
    pub exporter: ExporterManifest,
    /// Numbers that its service measures itself, sorted by name.
    pub metrics: Vec<ServiceMetric>,
    /// Settings that name a file or a folder.
    pub path_settings: Vec<String>,
}

impl Manifest {
    /// Reads the manifest of a plugin of this kind.
    ///
    /// # Errors
    /// It is not valid, or says what this program does not understand.
    pub(crate) fn read(text: &[u8], kind: Kind) -> Result<Self, LoadFault> {
        if text.len() > LONGEST {
            return Err(LoadFault::Manifest(format!("is longer than {} KiB", LONGEST >> 10)));
        }
        let not_json = |error| LoadFault::Manifest(format!("is not a JSON object: {error}"));
        let json: Value = serde_json::from_slice(text).map_err(not_json)?;
        // What is wrong with it quotes it, and it may be long and hostile.
        Self::of(json, kind).map_err(|why| {
            LoadFault::Manifest(format!("is not valid: {}", clipped(&why, MAX_FAULT)))
        })
    }

    fn of(json: Value, kind: Kind) -> Result<Self, String> {
        let known = Known::read(&json)?;
        let needs = known.section("needs", Needs::read)?;
        let api = known.section("api", ApiManifest::read)?;
        let dataset = known.section("dataset", DatasetManifest::read)?;
        let exporter = known.section("exporter", ExporterManifest::read)?;
        let metrics = known.section("metrics", read_metrics)?;
        let path_settings = schema::check(&known.settings)?;
        let manifest = Self { json, known, needs, api, dataset, exporter, metrics, path_settings };
        manifest.check_kind(kind)?;
        manifest.check_files()?;
        Ok(manifest)
    }

    /// Refuses what a plugin of this kind has no use for.
    fn check_kind(&self, kind: Kind) -> Result<(), String> {
        let useless: &[&str] = match kind {
            Kind::Api => &["dataset", "exporter"],
            Kind::Dataset => &["api", "metrics", "exporter"],
            Kind::Exporter => &["api", "dataset", "metrics"],
            Kind::Conventions => &["api", "dataset", "metrics", "exporter"],
        };
        if let Some(member) = useless.iter().find(|member| self.known.has(member)) {
            return Err(format!("has the member `{member}`, but the plugin is {}", kind.one()));
        }
        self.check_files_of(kind)?;
        self.check_secrets_of(kind)?;
        self.check_reach_of(kind)
    }

    fn check_files_of(&self, kind: Kind) -> Result<(), String> {
        let files = self.needs.files.first().map(|need| &need.name);
        match files.or(self.path_settings.first()) {
            Some(file) if kind != Kind::Dataset => {
                Err(format!("`{file}` is a file, which only datasets can read"))
            }
            _ => Ok(()),
        }
    }

    fn check_secrets_of(&self, kind: Kind) -> Result<(), String> {
        let secrets = &self.needs.secrets;
        match kind {
            Kind::Dataset | Kind::Conventions => match secrets.first() {
                Some(secret) => Err(format!(
                    "needs the secret `{}`, which goes into headers of an API or an exporter only",
                    secret.name
                )),
                None => Ok(()),
            },
            Kind::Api => match secrets.iter().find(|secret| !secret.hosts.is_empty()) {
                Some(secret) => Err(format!(
                    "the secret `{}` has hosts, but an API's go to the service only",
                    secret.name
                )),
                None => Ok(()),
            },
            Kind::Exporter => match secrets.iter().find(|secret| secret.hosts.is_empty()) {
                Some(secret) => Err(format!(
                    "the secret `{}` needs `hosts`: those that it may be sent to",
                    secret.name
                )),
                None => self.check_sources(),
            },
        }
    }

    /// Checks that what has sources is a setting or a secret.
    fn check_sources(&self) -> Result<(), String> {
        let settings = self.known.settings.get("properties");
        let is_setting = |name: &str| settings.is_some_and(|it| it.get(name).is_some());
        let mut of_settings = self.exporter.of_settings().map(|(name, _)| name);
        if let Some(name) = of_settings.find(|name| !is_setting(name)) {
            return Err(format!("exporter.sources: `{name}` is not a setting"));
        }
        let is_secret = |name: &str| self.needs.secrets.iter().any(|need| need.name == name);
        match self.exporter.secrets().find(|name| !is_secret(name)) {
            Some(name) => Err(format!("exporter.sources: `{name}` is not in needs.secrets")),
            None => Ok(()),
        }
    }

    /// Hosts, folders and the end of the run, which are for exporters.
    fn check_reach_of(&self, kind: Kind) -> Result<(), String> {
        let needs = &self.needs;
        let needed = [
            ("hosts", !needs.hosts.is_empty()),
            ("folders", !needs.folders.is_empty()),
            ("stop", needs.stop.is_some()),
        ];
        match needed.iter().find(|(_, needed)| *needed && kind != Kind::Exporter) {
            Some((member, _)) => {
                Err(format!("needs.{member} is for exporters, but the plugin is {}", kind.one()))
            }
            None => Ok(()),
        }
    }

    /// Checks that each file that it needs has a setting that names it.
    fn check_files(&self) -> Result<(), String> {
        let named = |name: &String| name == DATASET_PATH || self.path_settings.contains(name);
        match self.needs.files.iter().find(|need| !named(&need.name)) {
            Some(need) => Err(format!(
                "needs.files: `{}` is neither {DATASET_PATH} nor a setting with the format path",
                need.name
            )),
            None => Ok(()),
        }
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
        self.known.limits.memory_mib.max(DEFAULT_MEMORY_MIB) << 20
    }

    /// How the plugin wants to format requests.
    pub(crate) fn formatting(&self) -> Formatting {
        let ApiManifest { held_text, reuse_by_shape, .. } = self.api;
        Formatting { held_text, reuse_by_shape }
    }

    /// `text` as a value of the setting `name`: a number, a flag or a list where the schema has one,
    /// and a text otherwise.
    pub fn typed(&self, name: &str, text: &str) -> Value {
        let schema = self.known.settings.get("properties").and_then(|it| it.get(name));
        let kind = schema.and_then(|it| it.get("type"));
        let is_text = |kind: &Value| {
            kind == "string" || kind.as_array().is_some_and(|it| it.contains(&"string".into()))
        };
        match kind {
            Some(kind) if !is_text(kind) => {
                let value = serde_json::from_str(text).ok();
                value.unwrap_or_else(|| listed(kind, text))
            }
            _ => Value::from(text),
        }
    }

    /// Settings that the schema has values for.
    pub fn defaults(&self) -> serde_json::Map<String, Value> {
        let settings = self.known.settings.get("properties").and_then(Value::as_object);
        let with_default = settings
            .into_iter()
            .flatten()
            .filter_map(|(name, schema)| Some((name.clone(), schema.get("default")?.clone())));
        with_default.collect()
    }

    /// Checks `settings` against the schema and fills in defaults; empty if they are valid.
    pub(crate) fn validate(&self, settings: &mut Value) -> Vec<SettingFault> {
        let mut faults = Vec::new();
        schema::validate(&self.known.settings, settings, "settings", &mut faults);
        faults
    }

    /// Where this manifest and `other` differ first, as a JSON pointer.
    pub(crate) fn difference(&self, other: &Value) -> Option<String> {
        difference(&self.json, other, String::new())
    }
}

/// What is no JSON: a list where one is wanted, separated by commas, and `yes` and `no`.
fn listed(kind: &Value, text: &str) -> Value {
    match (kind.as_str(), text.to_ascii_lowercase().as_str()) {
        (Some("array"), _) => {
            let items = text.split(',').map(str::trim).filter(|item| !item.is_empty());
            items.collect()
        }
        (Some("boolean"), "true" | "yes" | "on") => Value::from(true),
        (Some("boolean"), "false" | "no" | "off") => Value::from(false),
        _ => Value::from(text),
    }
}

/// The file or folder of `--dataset-path`, as plugins name it.
pub const DATASET_PATH: &str = "dataset-path";

/// Where two values differ first, below the pointer `at`.
fn difference(one: &Value, other: &Value, at: String) -> Option<String> {
    match (one, other) {
        (Value::Object(members), Value::Object(others)) => {
            let names =
                members.keys().chain(others.keys().filter(|name| !members.contains_key(*name)));
            names.into_iter().find_map(|name| {
                let below = format!("{at}/{name}");
                match (members.get(name), others.get(name)) {
                    (Some(one), Some(other)) => difference(one, other, below),
                    _ => Some(below),
                }
            })
        }
        _ => (one != other).then_some(at),
    }
}

#[cfg(test)]
mod tests;
