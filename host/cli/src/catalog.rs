//! The plugins that can be chosen: the bundled ones and those given with `--plugin`. A given one
//! takes precedence over a bundled one of its name.

use crate::diagnostics::SettingErrors;
use crate::error::CommandError;
use crate::plugin_names::{PluginNames, wrong_kind};
use loadwright_wasm::{Host, Kind, Plugin, Source, bundled};
use std::path::PathBuf;
use std::sync::Arc;

/// Plugins by name. A bundled one is opened when it is chosen.
pub(crate) struct Catalog {
    host: Arc<Host>,
    given: Vec<Arc<Plugin>>,
    names: PluginNames,
}

impl Catalog {
    /// Opens every plugin at `paths`, each a component or a folder of them.
    ///
    /// # Errors
    /// The first one that is not a component for this host.
    pub(crate) fn open(host: &Arc<Host>, paths: &[PathBuf]) -> Result<Self, CommandError> {
        let mut given = Vec::new();
        for path in paths {
            for source in Source::at(path)? {
                given.push(Plugin::open(host, source)?);
            }
        }
        Ok(Self { host: Arc::clone(host), given, names: PluginNames::read(paths) })
    }

    /// Every plugin, the given ones first.
    ///
    /// # Errors
    /// A bundled one does not open.
    pub(crate) fn all(&self) -> Result<Vec<Arc<Plugin>>, CommandError> {
        let mut all = self.given.clone();
        for plugin in bundled() {
            all.push(Plugin::open(&self.host, Source::Bundled(plugin.name.into()))?);
        }
        Ok(all)
    }

    /// Whether a plugin that was given hides the bundled `plugin`.
    pub(crate) fn shadowed(&self, plugin: &Plugin) -> bool {
        let kinds = plugin.kinds();
        matches!(plugin.source(), Source::Bundled(_))
            && kinds.iter().any(|kind| self.given(*kind, plugin.name()).is_some())
    }

    /// The plugin of this kind and name. Notices if a given one replaces a bundled one.
    ///
    /// # Errors
    /// There is none; the error lists those that there are.
    pub(crate) fn find(
        &self,
        kind: Kind,
        name: &str,
        notice: impl Fn(&str),
    ) -> Result<Arc<Plugin>, CommandError> {
        let is_bundled = bundled().iter().any(|plugin| plugin.name == name);
        if let Some(found) = self.given(kind, name) {
            if let Source::Path(path) = found.source()
                && is_bundled
            {
                let path = path.display();
                notice(&format!("the {kind} {name} of {path} replaces the bundled one"));
            }
            return Ok(Arc::clone(found));
        }
        // Names were checked before, but a component that does not carry its name was not known.
        if !is_bundled {
            return Err(SettingErrors(vec![self.names.unknown(kind, name)]).into());
        }
        let plugin = Plugin::open(&self.host, Source::Bundled(name.into()))?;
        if plugin.kinds().contains(&kind) {
            Ok(plugin)
        } else {
            Err(SettingErrors(vec![wrong_kind(kind, name)]).into())
        }
    }

    fn given(&self, kind: Kind, name: &str) -> Option<&Arc<Plugin>> {
        self.given.iter().find(|plugin| plugin.name() == name && plugin.kinds().contains(&kind))
    }
}
