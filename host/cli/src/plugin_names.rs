//! The names of plugins, known without compiling any: what `--api` and `--dataset` can name.

use crate::diagnostics::SettingError;
use loadwright_wasm::{Kind, Source, bundled, identify};
use std::path::PathBuf;

/// The plugins of `--plugin` by name; the bundled ones are known at build time.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PluginNames {
    given: Vec<Named>,
    /// A component could not be read, or does not carry its name: only opening it will tell.
    incomplete: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Named {
    name: String,
    kinds: Vec<Kind>,
}

impl PluginNames {
    /// Reads the names of the components at `paths`, each a component or a folder of them. One that
    /// cannot be read is not reported here: opening it will fail.
    pub(crate) fn read(paths: &[PathBuf]) -> Self {
        let mut names = Self::default();
        for path in paths {
            let sources = Source::at(path).unwrap_or_default();
            names.incomplete |= sources.is_empty();
            for source in &sources {
                match named(source) {
                    Some(named) => names.given.push(named),
                    None => names.incomplete = true,
                }
            }
        }
        names
    }

    /// Whether there is a plugin of this kind and name, as far as names tell.
    ///
    /// # Errors
    /// There is certainly none.
    pub(crate) fn check(&self, kind: Kind, name: &str) -> Result<(), SettingError> {
        let is_it = |named: &Named| named.name == name && named.kinds.contains(&kind);
        if self.incomplete || self.given.iter().any(is_it) {
            return Ok(());
        }
        match bundled().iter().find(|plugin| plugin.name == name) {
            Some(plugin) if bundled_named(plugin.name).is_some_and(|named| is_it(&named)) => Ok(()),
            Some(plugin) => Err(wrong_kind(kind, plugin.name)),
            None => Err(self.unknown(kind, name)),
        }
    }

    /// The error of naming a plugin that does not exist; lists those that do.
    pub(crate) fn unknown(&self, kind: Kind, name: &str) -> SettingError {
        let bundled = bundled().iter().filter_map(|plugin| bundled_named(plugin.name));
        let all = self.given.iter().cloned().chain(bundled);
        let mut names: Vec<String> =
            all.filter(|named| named.kinds.contains(&kind)).map(|named| named.name).collect();
        names.sort_unstable();
        names.dedup();
        let text = format!(
            "unknown {kind} `{name}`; choose from {}, or load one with --plugin",
            names.join(", ")
        );
        SettingError { flag: kind.flag().into(), origin: None, text }
    }
}

/// The error of naming the bundled plugin `name` where one of this `kind` is wanted.
pub(crate) fn wrong_kind(kind: Kind, name: &str) -> SettingError {
    let others = bundled_named(name).map(|named| named.kinds).unwrap_or_default();
    let text = match others.first() {
        Some(other) => {
            format!("`{name}` is a {other}, not a {kind}; choose it with --{}", other.flag())
        }
        None => format!("`{name}` is not a {kind}"),
    };
    SettingError { flag: kind.flag().into(), origin: None, text }
}

fn bundled_named(name: &str) -> Option<Named> {
    named(&Source::Bundled(name.into()))
}

fn named(source: &Source) -> Option<Named> {
    let identity = identify(source).ok()?;
    let name = identity.manifest?.name().to_owned();
    Some(Named { name, kinds: identity.kinds })
}
