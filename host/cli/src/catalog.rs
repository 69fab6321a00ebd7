//! The plugins that can be chosen: the bundled ones and those given with `--plugin`, known by their
//! manifests. A given one takes precedence over a bundled one of its name, and over those given
//! after it.

use crate::diagnostics::SettingError;
use loadwright_wasm::{
    Host, HostError, Identity, Kind, LoadError, Source, bundled, identify, identify_bundled,
};
use std::cell::OnceCell;
use std::path::PathBuf;
use std::sync::Arc;

/// Name of the exporter that is part of this program, beside the plugins.
pub(crate) const OTLP: &str = "otlp";

/// The plugins of `--plugin`; the bundled ones are read when they are needed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Catalog {
    given: Vec<Arc<Identity>>,
    /// What is wrong with those that cannot be used.
    unusable: Vec<String>,
}

/// A plugin that was chosen.
pub(crate) struct Chosen {
    pub(crate) identity: Arc<Identity>,
    /// Which others of its name are not used.
    pub(crate) notices: Vec<String>,
}

impl Catalog {
    /// Identifies the components at `paths`, each a component or a folder of them. `host` is called for
    /// one that does not carry its manifest.
    pub(crate) fn read(paths: &[PathBuf], host: impl Fn() -> Result<Arc<Host>, HostError>) -> Self {
        let shared = OnceCell::new();
        let host = || match shared.get() {
            Some(host) => Ok(Arc::clone(host)),
            None => host().map(|host| Arc::clone(shared.get_or_init(|| host))),
        };
        let mut catalog = Self::default();
        for path in paths {
            match Source::at(path) {
                Ok(sources) => {
                    sources.iter().for_each(|source| catalog.add(identify(source, host)));
                }
                Err(error) => catalog.unusable.push(error.to_string()),
            }
        }
        catalog
    }

    fn add(&mut self, identified: Result<Identity, LoadError>) {
        match identified {
            Ok(identity) => self.given.push(Arc::new(identity)),
            Err(error) => self.unusable.push(error.to_string()),
        }
    }

    /// What is wrong with the given plugins that cannot be used.
    pub(crate) fn unusable(&self) -> &[String] {
        &self.unusable
    }

    /// Every plugin, the given ones first.
    pub(crate) fn all(&self) -> Vec<Arc<Identity>> {
        let bundled = bundled().iter().filter_map(|plugin| bundled_identity(plugin.name));
        self.given.iter().cloned().chain(bundled).collect()
    }

    /// Whether another plugin of the same name and kind takes precedence over this one.
    pub(crate) fn shadowed(&self, plugin: &Identity) -> bool {
        self.first(plugin.kind, plugin.name()).is_some_and(|first| *first != *plugin)
    }

    /// The plugin of this kind and name.
    ///
    /// # Errors
    /// There is none; the error lists those that there are.
    pub(crate) fn choose(&self, kind: Kind, name: &str) -> Result<Chosen, SettingError> {
        let Some(identity) = self.first(kind, name) else {
            return Err(self.unknown(kind, name));
        };
        let mut notices = Vec::new();
        if let Source::Path(path) = &identity.source {
            let (path, noun) = (path.display(), kind.noun());
            if bundled_identity(name).is_some_and(|bundled| bundled.is(kind, name)) {
                notices.push(format!("the {noun} {name} of {path} replaces the bundled one"));
            }
            let same = self.given.iter().filter(|given| given.is(kind, name));
            for other in same.skip(1) {
                let other = &other.source;
                notices.push(format!(
                    "two plugins are called {name}: the {noun} of {path} is used, that of {other} \
                     is not"
                ));
            }
        }
        Ok(Chosen { identity, notices })
    }

    /// The plugin of this kind and name that takes precedence.
    fn first(&self, kind: Kind, name: &str) -> Option<Arc<Identity>> {
        let given = self.given.iter().find(|given| given.is(kind, name)).cloned();
        given.or_else(|| bundled_identity(name).filter(|bundled| bundled.is(kind, name)))
    }

    /// The error of naming a plugin that does not exist.
    fn unknown(&self, kind: Kind, name: &str) -> SettingError {
        let all = self.all();
        let other = all.iter().find(|plugin| plugin.name() == name).map(|it| it.kind);
        let mut text = match other {
            Some(other) => {
                format!(
                    "`{name}` is {}, not {}; choose it with --{}",
                    other.one(),
                    kind.one(),
                    other.flag()
                )
            }
            None => {
                let of_kind = all.iter().filter(|plugin| plugin.kind == kind);
                let mut names: Vec<&str> = of_kind.map(|plugin| plugin.name()).collect();
                names.extend(Some(OTLP).filter(|_| kind == Kind::Exporter));
                names.sort_unstable();
                names.dedup();
                format!(
                    "unknown {} `{name}`; choose from {}, or load one with --plugin",
                    kind.noun(),
                    names.join(", ")
                )
            }
        };
        for why in &self.unusable {
            text += &format!("; {why}");
        }
        SettingError { flag: kind.flag().into(), origin: None, text }
    }
}

fn bundled_identity(name: &str) -> Option<Arc<Identity>> {
    bundled().iter().find(|plugin| plugin.name == name)?;
    identify_bundled(name).ok().map(Arc::new)
}
