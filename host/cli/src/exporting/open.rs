//! Opens exporters: settings, grants, services, instances. The last chance to fail before the first
//! request.

use super::grants::{Granted, granted};
use super::run::StoredRun;
use crate::diagnostics::{SettingError, SettingErrors};
use crate::error::CommandError;
use crate::plan::exporters::{ChosenExporter, Exporters, OTLP};
use loadwright_core::export_summary::Documents;
use loadwright_core::manifest::Source;
use loadwright_core::ports::{Cause, Exporter, Fault, PluginFailure};
use loadwright_core::secret::masked_url;
use loadwright_core::summary::Summary;
use loadwright_exporters::{
    Config, Environment, Job, Known, MakeDocuments, Network, Proxies, Quota, Resolved, RunWatch,
    Services, Usage, resolve_sources,
};
use loadwright_report::{benchmark_percentile_json, benchmark_summary_json};
use loadwright_storage::{ExportLedger, Exporting, Tail};
use loadwright_wasm::{Host, Identity, OpenError, Plugin};
use serde_json::{Map, Value, json};
use std::sync::Arc;

/// Exporters that are ready to begin.
pub(crate) struct Opened {
    pub(crate) jobs: Vec<Job>,
    /// Who sends, and what they use.
    pub(crate) senders: Vec<SenderInfo>,
    /// Proxies on the way, masked.
    pub(crate) proxies: Vec<String>,
    pub(crate) watch: Arc<RunWatch>,
}

/// An exporter of a run, for what is told of it at the end.
pub(crate) struct SenderInfo {
    pub(crate) exporting: Exporting,
    pub(crate) usage: Usage,
}

/// What all exporters of a run have in common.
pub(super) struct Common<'a> {
    exporters: &'a Exporters,
    pub(super) host: &'a Arc<Host>,
    stored: &'a StoredRun,
    pub(super) environment: Environment,
    pub(super) network: Network,
    pub(super) watch: Arc<RunWatch>,
}

/// Opens the exporters of the run `stored`.
///
/// # Errors
/// Every setting that one of them cannot use, or the first other error.
pub(crate) fn open(
    exporters: &Exporters,
    host: &Arc<Host>,
    stored: &StoredRun,
) -> Result<Opened, CommandError> {
    let environment = Environment::of_process(exporters.flags.clone());
    let variable = |name: &str| environment.variable(name).map(str::to_owned);
    let proxies = Proxies::read(variable).map_err(|text| refused("exporter", text))?;
    let named = proxies.named();
    let mut network = Network { proxies, ..Network::default() };
    if let Some(file) = &exporters.ca_cert {
        network =
            network.with_authorities(file).map_err(|text| refused("exporter-ca-cert", text))?;
    }
    let watch = Arc::new(RunWatch::new());
    let common =
        Common { exporters, host, stored, environment, network, watch: Arc::clone(&watch) };
    let mut opened = Opened { jobs: Vec::new(), senders: Vec::new(), proxies: named, watch };
    let mut errors = Vec::new();
    for exporter in &exporters.chosen {
        match common.job(exporter) {
            Ok((job, sender)) => {
                opened.senders.push(sender);
                opened.jobs.push(job);
            }
            Err(CommandError::Settings(refused)) => errors.extend(refused.0),
            Err(error) => return Err(error),
        }
    }
    if errors.is_empty() { Ok(opened) } else { Err(SettingErrors(errors).into()) }
}

pub(super) fn refused(flag: &str, text: String) -> CommandError {
    SettingErrors(vec![SettingError { flag: flag.into(), origin: None, text }]).into()
}

impl Common<'_> {
    fn job(&self, exporter: &ChosenExporter) -> Result<(Job, SenderInfo), CommandError> {
        let Some(plugin) = &exporter.plugin else {
            return Err(refused("exporter", format!("`{}` is not there", exporter.name)));
        };
        if exporter.name == OTLP {
            return self.otlp(exporter, plugin);
        }
        let option =
            |text: String| refused("exporter-option", format!("{}: {text}", exporter.name));
        let resolved = self.resolved(exporter, plugin).map_err(option)?;
        let granted = granted(exporter, plugin, &resolved).map_err(SettingErrors)?;
        let usage = Usage::default();
        let may_stop = granted.stop;
        let services = self.services(exporter, granted, usage.clone())?;
        let secrets: Vec<&String> = resolved.secrets.keys().collect();
        let settings = json!({ "settings": resolved.settings, "secrets": secrets });
        let opened = Plugin::identified(self.host, Arc::clone(plugin));
        let sender = opened.exporter(&settings, Box::new(services));
        let sender =
            sender.map_err(|error| by_option(&exporter.name, error, &resolved.settings))?;
        let exporting = Exporting {
            exporter: exporter.name.clone(),
            plugin: plugin.name().into(),
            version: plugin.manifest.version().into(),
            sha256: plugin.digest.clone(),
        };
        let job = Job { may_stop, ..self.job_of(exporting.clone(), sender)? };
        Ok((job, SenderInfo { exporting, usage }))
    }

    /// What `exporter` may use of the host.
    pub(super) fn services(
        &self,
        exporter: &ChosenExporter,
        granted: Granted,
        usage: Usage,
    ) -> Result<Services, CommandError> {
        let own = || self.stored.folder.join("exports").join(&exporter.name);
        let config = Config {
            name: exporter.name.clone(),
            grants: granted.hosts,
            secrets: granted.secrets,
            network: self.network.clone(),
            folder: granted.folder.unwrap_or_else(own),
            results: Some(self.stored.folder.clone()),
            quota: Quota::default(),
            deadline: self.watch.deadline().clone(),
            usage,
        };
        let name = &exporter.name;
        Services::new(config).map_err(|text| refused("exporter-option", format!("{name}: {text}")))
    }

    /// The work of an exporter that may not stop the run.
    pub(super) fn job_of(
        &self,
        exporting: Exporting,
        sender: Box<dyn Exporter>,
    ) -> Result<Job, CommandError> {
        Ok(Job {
            name: exporting.exporter.clone(),
            exporter: sender,
            source: Box::new(Tail::open(&self.stored.records)?),
            ledger: Box::new(ExportLedger::open(&self.stored.records, exporting)?),
            run: self.stored.run.clone(),
            when: self.exporters.when,
            compat: self.stored.compat.clone(),
            may_stop: false,
            documents: documents(),
        })
    }

    /// The exporter's settings and secrets: options, then the sources of its manifest.
    fn resolved(&self, exporter: &ChosenExporter, plugin: &Identity) -> Result<Resolved, String> {
        let manifest = &plugin.manifest;
        no_secrets(exporter, plugin)?;
        let mut options = Map::new();
        for (key, text) in &exporter.options {
            options.insert(key.clone(), manifest.typed(key, text));
        }
        let known = Known {
            manifest: &manifest.exporter,
            secrets: &manifest.needs.secrets,
            variables: (!exporter.is_bundled()).then_some(&exporter.allowed.secrets),
            options: &options,
            defaults: &manifest.defaults(),
        };
        let mut resolved = resolve_sources(known, &self.environment)?;
        for (key, value) in &mut resolved.settings {
            if let Value::String(text) = value {
                *value = manifest.typed(key, text);
            }
        }
        Ok(resolved)
    }
}

/// Options are stored with the results: none of them may be a secret.
///
/// # Errors
/// One is, with the flag or variable that takes it.
fn no_secrets(exporter: &ChosenExporter, plugin: &Identity) -> Result<(), String> {
    let plain = |name: &str| {
        let letters = name.chars().filter(char::is_ascii_alphanumeric);
        letters.collect::<String>().to_ascii_lowercase()
    };
    for need in &plugin.manifest.needs.secrets {
        let mut keys = exporter.options.keys();
        let Some(key) = keys.find(|key| plain(key) == plain(&need.name)) else { continue };
        let places = match plugin.manifest.exporter.of_secret(&need.name) {
            [] => need.variable(),
            sources => {
                let named = sources.iter().filter_map(|source| match source {
                    Source::Flag(_) | Source::Env(_) => Some(source.to_string()),
                    _ => None,
                });
                named.collect::<Vec<_>>().join(" or ")
            }
        };
        return Err(format!(
            "`{key}` is a secret, and options are stored with the results; give it by {places}"
        ));
    }
    Ok(())
}

/// The files of a point, as the run writes them.
fn documents() -> MakeDocuments {
    Arc::new(|summary: &Summary| Documents {
        summary: benchmark_summary_json(summary),
        percentile: benchmark_percentile_json(summary),
    })
}

/// Settings that an exporter refused, as errors of the flag, in which passwords of URLs among
/// `settings` are masked; any other error as it is.
pub(super) fn by_option(
    name: &str,
    error: OpenError,
    settings: &Map<String, Value>,
) -> CommandError {
    let masked = |text: String| {
        let urls = settings.values().filter_map(Value::as_str).filter(|it| it.contains("://"));
        urls.fold(text, |text, url| text.replace(url, &masked_url(url)))
    };
    let setting = |fault: &loadwright_core::setting::SettingFault| SettingError {
        flag: "exporter-option".into(),
        origin: None,
        text: masked(format!("{name}: {fault}")),
    };
    match error {
        OpenError::Settings { faults, .. } => {
            SettingErrors(faults.iter().map(setting).collect()).into()
        }
        OpenError::Failed(PluginFailure {
            cause: Cause::Fault(Fault::Settings(fault)), ..
        }) => SettingErrors(vec![setting(&fault)]).into(),
        error => CommandError::Plugin(error),
    }
}
