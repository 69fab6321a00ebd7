//! What an exporter's manifest says: the requests that it wants, and where its settings come from.

mod source;

pub use source::{NetrcField, Source};

use super::section;
use crate::export::RequestFilter;
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;

/// The most settings with sources, and sources of one.
const MOST_SETTINGS: usize = 64;
const MOST_SOURCES: usize = 32;

/// What names a secret among the settings that have sources.
const SECRET: &str = "secret:";

/// What the manifest of an exporter says of it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ExporterManifest {
    requests: Option<Requests>,
    /// Requests come between rows; false: after their point.
    pub requests_live: bool,
    /// Requests have the gaps between their frames.
    pub gaps: bool,
    /// Where values come from that no option gives: in order, the first that has one. By the name of
    /// the setting, or `secret:` and the name of the secret.
    pub sources: BTreeMap<String, Vec<Source>>,
}

/// The requests that an exporter wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Requests {
    All,
    Sampled,
    Failed,
}

impl ExporterManifest {
    /// Reads the member `exporter` of a manifest.
    ///
    /// # Errors
    /// What is wrong with it, and where.
    pub fn read(json: &Value) -> Result<Self, String> {
        let exporter: Self = section("exporter", json)?;
        if exporter.sources.len() > MOST_SETTINGS {
            return Err(format!("exporter.sources: has more than {MOST_SETTINGS} settings"));
        }
        for (name, sources) in &exporter.sources {
            if sources.is_empty() || sources.len() > MOST_SOURCES {
                return Err(format!("exporter.sources.{name}: give 1 to {MOST_SOURCES} sources"));
            }
        }
        exporter.check_settings()?;
        if exporter.requests.is_none() && (exporter.requests_live || exporter.gaps) {
            return Err(
                "exporter: `requests_live` and `gaps` have no meaning without `requests`".into()
            );
        }
        Ok(exporter)
    }

    /// The requests that it wants.
    pub fn filter(&self) -> RequestFilter {
        match self.requests {
            None => RequestFilter::Nothing,
            Some(Requests::All) => RequestFilter::All,
            Some(Requests::Sampled) => RequestFilter::Sampled,
            Some(Requests::Failed) => RequestFilter::Failed,
        }
    }

    /// A setting comes from another one, but not in turn: none waits for itself.
    fn check_settings(&self) -> Result<(), String> {
        let of = |source: &Source| match source {
            Source::Setting { name, .. } => Some(name.clone()),
            _ => None,
        };
        for (name, sources) in &self.sources {
            for other in sources.iter().filter_map(of) {
                let others = self.sources.get(&other).map_or(&[][..], Vec::as_slice);
                if others.iter().any(|source| of(source).is_some()) || name.starts_with(SECRET) {
                    return Err(format!(
                        "exporter.sources.{name}: `{other}` comes from a setting itself, or this is \
                         a secret"
                    ));
                }
            }
        }
        Ok(())
    }

    /// Sources of settings, by their names; those that may come from other settings come last.
    pub fn of_settings(&self) -> impl Iterator<Item = (&str, &[Source])> {
        let derived = |sources: &[Source]| {
            sources.iter().any(|source| matches!(source, Source::Setting { .. }))
        };
        let settings = self
            .sources
            .iter()
            .filter(|(name, _)| !name.starts_with(SECRET))
            .map(|(name, sources)| (name.as_str(), sources.as_slice()));
        let (last, first): (Vec<_>, Vec<_>) = settings.partition(|(_, sources)| derived(sources));
        first.into_iter().chain(last)
    }

    /// Sources of the secret `name`; empty: it has none of its own.
    pub fn of_secret(&self, name: &str) -> &[Source] {
        self.sources.get(&format!("{SECRET}{name}")).map_or(&[], Vec::as_slice)
    }

    /// Names of secrets that have sources.
    pub fn secrets(&self) -> impl Iterator<Item = &str> {
        self.sources.keys().filter_map(|name| name.strip_prefix(SECRET))
    }
}
