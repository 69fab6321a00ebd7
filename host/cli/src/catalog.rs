//! Every plugin that can be chosen: the bundled ones and those given with `--plugin`. One that is
//! given comes before a bundled one of its name.

use crate::failure::Failure;
use crate::findings::{Findings, Mistakes};
use loadwright_wasm::{Host, Kind, Plugin, Source, bundled};
use std::path::PathBuf;
use std::sync::Arc;

/// Plugins in the order in which they are looked up: given ones first.
pub(crate) struct Catalog {
    given: Vec<Arc<Plugin>>,
    bundled: Vec<Arc<Plugin>>,
}

impl Catalog {
    /// Opens every bundled plugin and every one at `paths`, each a component or a folder of them.
    ///
    /// # Errors
    /// The first one that is no component for this host.
    pub(crate) fn open(host: &Arc<Host>, paths: &[PathBuf]) -> Result<Self, Failure> {
        let mut given = Vec::new();
        for path in paths {
            if path.is_dir() {
                given.extend(host.open_dir(path).into_iter().collect::<Result<Vec<_>, _>>()?);
            } else {
                given.push(host.open(Source::Path(path.clone()))?);
            }
        }
        let names = bundled().iter().map(|bundled| Source::Bundled(bundled.name.into()));
        let bundled = names.map(|source| host.open(source)).collect::<Result<Vec<_>, _>>()?;
        Ok(Self { given, bundled })
    }

    /// Every plugin, the given ones first.
    pub(crate) fn all(&self) -> impl Iterator<Item = &Arc<Plugin>> {
        self.given.iter().chain(&self.bundled)
    }

    /// Whether a plugin that was given hides the bundled `plugin`.
    pub(crate) fn shadowed(&self, plugin: &Plugin) -> bool {
        let hides = |given: &&Arc<Plugin>| {
            given.name() == plugin.name()
                && given.offers().iter().any(|kind| plugin.offers().contains(kind))
        };
        matches!(plugin.source(), Source::Bundled(_)) && self.given.iter().any(|one| hides(&one))
    }

    /// The plugin of this kind and name. Says where a given one takes a bundled one's place.
    ///
    /// # Errors
    /// There is none; names those that there are.
    pub(crate) fn find(
        &self,
        kind: Kind,
        name: &str,
        notice: impl Fn(&str),
    ) -> Result<Arc<Plugin>, Failure> {
        let is_it =
            |plugin: &&Arc<Plugin>| plugin.name() == name && plugin.offers().contains(&kind);
        let Some(found) = self.all().find(is_it) else { return Err(self.unknown(kind, name)) };
        if let Source::Path(path) = found.source()
            && self.bundled.iter().any(|plugin| is_it(&plugin))
        {
            let path = path.display();
            notice(&format!("the {kind} {name} of {path} takes the place of the bundled one"));
        }
        Ok(Arc::clone(found))
    }

    fn unknown(&self, kind: Kind, name: &str) -> Failure {
        let flag = match kind {
            Kind::Protocol => "api",
            Kind::Dataset => "dataset",
        };
        let mut names: Vec<&str> = self
            .all()
            .filter(|plugin| plugin.offers().contains(&kind))
            .map(|plugin| plugin.name())
            .collect();
        names.sort_unstable();
        names.dedup();
        let mut findings = Findings::default();
        let text = format!(
            "`{name}` is not known; choose from {}, or load one with --plugin",
            names.join(", ")
        );
        findings.mistake(flag, text);
        let mistakes: Mistakes = findings.mistakes;
        mistakes.into()
    }
}
