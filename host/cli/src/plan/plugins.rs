//! Which plugins the settings choose, what their manifests say, and whether they fit.

use crate::args::PerfArgs;
use crate::catalog::{Catalog, Chosen};
use crate::diagnostics::{Diagnostics, SettingError};
use loadwright_core::manifest::{ApiManifest, PromptKind, listed};
use loadwright_core::plan::PluginVersion;
use loadwright_core::service::ServiceMetric;
use loadwright_core::words::either;
use loadwright_wasm::{Identity, Kind, Source};
use std::sync::Arc;

/// The plugins of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plugins {
    /// That of `--api`.
    pub api: Arc<Identity>,
    /// That of `--dataset`.
    pub dataset: Arc<Identity>,
}

/// The plugins that were chosen, as far as there are such.
pub(super) struct Choice<'a> {
    catalog: &'a Catalog,
    api: Result<Chosen, SettingError>,
    dataset: Result<Chosen, SettingError>,
    /// What the API says of itself; where it was not found, nothing.
    pub(super) takes: ApiManifest,
    /// Kinds of prompt that the dataset makes; empty: not known.
    pub(super) makes: Vec<PromptKind>,
}

impl<'a> Choice<'a> {
    /// The plugins of these names.
    pub(super) fn of(api: &str, dataset: &str, catalog: &'a Catalog) -> Self {
        let api = catalog.choose(Kind::Api, api);
        let dataset = catalog.choose(Kind::Dataset, dataset);
        let takes = api.as_ref().map(|api| api.identity.manifest.api.clone()).unwrap_or_default();
        let makes = dataset.as_ref().map(|it| it.identity.manifest.dataset.prompts.clone());
        Self { catalog, takes, makes: makes.unwrap_or_default(), api, dataset }
    }

    /// The API plugin, where it was found.
    pub(super) fn api(&self) -> Option<&Identity> {
        self.api.as_ref().ok().map(|chosen| &*chosen.identity)
    }

    /// What its service reports of itself; nothing where the API was not found.
    pub(super) fn metrics(&self) -> Vec<ServiceMetric> {
        self.api().map(|api| api.manifest.metrics.clone()).unwrap_or_default()
    }

    /// The dataset, where it was found.
    pub(super) fn dataset(&self) -> Option<&Identity> {
        self.dataset.as_ref().ok().map(|chosen| &*chosen.identity)
    }

    /// Whether the dataset is a bundled one, whose settings are known here.
    pub(super) fn is_bundled_dataset(&self) -> bool {
        self.dataset().is_some_and(|dataset| matches!(dataset.source, Source::Bundled(_)))
    }

    /// The two, where both were found.
    pub(super) fn both(&self) -> Option<Plugins> {
        let [api, dataset] = [&self.api, &self.dataset].map(|chosen| {
            let chosen = chosen.as_ref().ok()?;
            Some(Arc::clone(&chosen.identity))
        });
        Some(Plugins { api: api?, dataset: dataset? })
    }

    /// The two as results name them.
    pub(super) fn versions(&self) -> Vec<PluginVersion> {
        let version = |(kind, plugin): (Kind, Option<&Identity>)| {
            let plugin = plugin?;
            Some(PluginVersion {
                kind: kind.to_string(),
                name: plugin.name().into(),
                version: plugin.manifest.version().into(),
                sha256: plugin.digest.clone(),
            })
        };
        let both = [(Kind::Api, self.api()), (Kind::Dataset, self.dataset())];
        both.into_iter().filter_map(version).collect()
    }

    /// Reports plugins that were not found, and two that do not fit.
    pub(super) fn check(&self, args: &PerfArgs, diagnostics: &mut Diagnostics) {
        for chosen in [&self.api, &self.dataset] {
            match chosen {
                Ok(chosen) => {
                    chosen.notices.iter().for_each(|notice| diagnostics.notice(notice));
                }
                Err(error) => diagnostics.error(&error.flag, &error.text),
            }
        }
        let (Some(api), Some(dataset)) = (self.api(), self.dataset()) else { return };
        for why in self.catalog.unusable() {
            diagnostics.notice(format!("{why}; it is not used"));
        }
        if args.prompt.tokenize_prompt {
            self.check_tokens(api, diagnostics);
        } else if !fit(api, dataset) {
            let text = format!(
                "`{}` makes {}, and the API `{}` takes {}; {}",
                dataset.name(),
                listed(&self.makes),
                api.name(),
                listed(&self.takes.prompts),
                self.fitting(api, dataset)
            );
            diagnostics.error("dataset", text);
        }
    }

    fn check_tokens(&self, api: &Identity, diagnostics: &mut Diagnostics) {
        if !self.takes.takes(&PromptKind::Tokens) {
            let text = format!(
                "the API `{}` takes {}, not token ids; remove it, or use another --api",
                api.name(),
                listed(&self.takes.prompts)
            );
            diagnostics.error("tokenize-prompt", text);
        }
    }

    /// Which plugins fit one of the two.
    fn fitting(&self, api: &Identity, dataset: &Identity) -> String {
        let all = self.catalog.all();
        let names = |kind: Kind, fits: &dyn Fn(&Identity) -> bool| {
            let usable = all.iter().filter(|it| it.kind == kind);
            let usable = usable.filter(|it| !self.catalog.shadowed(it) && fits(it));
            let mut names: Vec<&str> = usable.map(|it| it.name()).collect();
            names.sort_unstable();
            (!names.is_empty()).then(|| format!("--{} {}", kind.flag(), either(&names)))
        };
        let datasets = names(Kind::Dataset, &|other| fit(api, other));
        let apis = names(Kind::Api, &|other| fit(other, dataset));
        let pairs: Vec<String> = datasets.into_iter().chain(apis).collect();
        match &pairs[..] {
            [] => "no plugin here fits either; load one with --plugin".into(),
            pairs => format!("use {}", pairs.join(", or ")),
        }
    }
}

/// Whether a prompt of the dataset may be one that the API takes, as far as their manifests tell.
fn fit(api: &Identity, dataset: &Identity) -> bool {
    let (takes, makes) = (&api.manifest.api, &dataset.manifest.dataset.prompts);
    makes.is_empty() || makes.iter().any(|kind| takes.takes(kind))
}
