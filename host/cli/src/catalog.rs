//! Every plugin that can be chosen: the bundled ones and those given with `--plugin`. One that is
//! given comes before a bundled one of its name.

use crate::args::PerfArgs;
use crate::failure::Failure;
use crate::findings::{Mistake, Mistakes};
use loadwright_engine::Stop;
use loadwright_wasm::{Host, HostConfig, Kind, Plugin, Source, bundled};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// Plugins by name. The bundled ones are opened when they are asked for.
pub(crate) struct Catalog {
    host: Arc<Host>,
    given: Vec<Arc<Plugin>>,
}

impl Catalog {
    /// Opens every plugin at `paths`, each a component or a folder of them.
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
        Ok(Self { host: Arc::clone(host), given })
    }

    /// Every plugin, the given ones first.
    ///
    /// # Errors
    /// A bundled one does not open.
    pub(crate) fn all(&self) -> Result<Vec<Arc<Plugin>>, Failure> {
        let mut all = self.given.clone();
        for plugin in bundled() {
            all.push(self.host.open(Source::Bundled(plugin.name.into()))?);
        }
        Ok(all)
    }

    /// Whether a plugin that was given hides the bundled `plugin`.
    pub(crate) fn shadowed(&self, plugin: &Plugin) -> bool {
        let kinds = plugin.offers();
        matches!(plugin.source(), Source::Bundled(_))
            && kinds.iter().any(|kind| self.given(*kind, plugin.name()).is_some())
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
        let known = bundled().iter().any(|plugin| plugin.name == name);
        match self.given(kind, name) {
            Some(found) => {
                if let Source::Path(path) = found.source()
                    && known
                {
                    let path = path.display();
                    notice(&format!(
                        "the {kind} {name} of {path} takes the place of the bundled one"
                    ));
                }
                Ok(Arc::clone(found))
            }
            None if known => {
                let plugin = self.host.open(Source::Bundled(name.into()))?;
                match other_kind(kind, &plugin) {
                    None => Ok(plugin),
                    Some(mistake) => Err(Mistakes(vec![mistake]).into()),
                }
            }
            None => Err(Mistakes(vec![self.unknown(kind, name)?]).into()),
        }
    }

    fn given(&self, kind: Kind, name: &str) -> Option<&Arc<Plugin>> {
        self.given.iter().find(|plugin| plugin.name() == name && plugin.offers().contains(&kind))
    }

    fn unknown(&self, kind: Kind, name: &str) -> Result<Mistake, Failure> {
        let plugins = self.all()?;
        let of_kind = plugins.iter().filter(|plugin| plugin.offers().contains(&kind));
        let mut names: Vec<&str> = of_kind.map(|plugin| plugin.name()).collect();
        names.sort_unstable();
        names.dedup();
        let text = format!(
            "`{name}` is not known; choose from {}, or load one with --plugin",
            names.join(", ")
        );
        Ok(Mistake { flag: flag_of(kind).into(), origin: None, text })
    }
}

/// The mistake of naming `plugin` where one of this `kind` is wanted; none where it is one.
fn other_kind(kind: Kind, plugin: &Plugin) -> Option<Mistake> {
    let offers = plugin.offers();
    let other = offers.first().filter(|_| !offers.contains(&kind))?;
    let (name, flag) = (plugin.name(), flag_of(*other));
    let text = format!("`{name}` is a {other}, not a {kind}; choose it with --{flag}");
    Some(Mistake { flag: flag_of(kind).into(), origin: None, text })
}

/// The flag that names a plugin of this kind.
pub(crate) fn flag_of(kind: Kind) -> &'static str {
    match kind {
        Kind::Protocol => "api",
        Kind::Dataset => "dataset",
    }
}

/// The mistakes in the names of plugins, for a command line that has others: they are told at once.
/// Whatever else is wrong with a plugin is not, since it is an error of its own.
pub(crate) fn unknown_names(args: &PerfArgs) -> Vec<Mistake> {
    let config = HostConfig {
        cache_dir: None,
        memory: None,
        timeout: Duration::from_secs(5),
        seed: 0,
        log: Arc::new(|_: &str, _, _: &str| {}),
        notice: Arc::new(|_: &str| {}),
        stop: Stop::new().drained_flag(),
    };
    let Ok(host) = Host::new(config) else { return Vec::new() };
    let Ok(catalog) = Catalog::open(&host, &args.plugins.plugin) else { return Vec::new() };
    let dataset = if args.prompt.prompt.is_some() { "prompt" } else { &args.dataset.dataset };
    let names = [(Kind::Protocol, args.target.api.as_str()), (Kind::Dataset, dataset)];
    let found = names.map(|(kind, name)| catalog.find(kind, name, |_| ()));
    let mistakes = found.into_iter().filter_map(|found| match found {
        Err(Failure::Settings(mistakes)) => Some(mistakes.0),
        _ => None,
    });
    mistakes.flatten().collect()
}
