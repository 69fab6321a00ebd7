//! What an exporter may reach: what its manifest needs, as far as it was granted. Bundled exporters
//! carry their grants; those of others are flags.

use crate::diagnostics::SettingError;
use crate::plan::exporters::ChosenExporter;
use loadwright_core::manifest::{Need, Source};
use loadwright_exporters::{Grants, Resolved, Secret, setting_of};
use loadwright_wasm::Identity;
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::PathBuf;

/// What an exporter may reach.
#[derive(Default)]
pub(super) struct Granted {
    pub(super) hosts: Grants,
    pub(super) secrets: BTreeMap<String, Secret>,
    pub(super) stop: bool,
    /// Of its artifacts; none: its own in the run's folder.
    pub(super) folder: Option<PathBuf>,
}

/// What `exporter` may reach with these settings.
///
/// # Errors
/// What it needs and was not granted, with the flags that grant it.
pub(super) fn granted(
    exporter: &ChosenExporter,
    plugin: &Identity,
    resolved: &Resolved,
) -> Result<Granted, Vec<SettingError>> {
    let needs = &plugin.manifest.needs;
    let settings = Value::Object(resolved.settings.clone());
    let refused = |flag: &str, text: String| SettingError { flag: flag.into(), origin: None, text };
    let names: Vec<&str> = needs.hosts.iter().map(|need| need.name.as_str()).collect();
    let option = |text| vec![refused("exporter-option", format!("{}: {text}", exporter.name))];
    let wanted = Grants::resolve(&names, &settings).map_err(option)?;
    let allowed = Grants::parse(&exporter.allowed.hosts)
        .map_err(|text| vec![refused("allow", format!("{}: {text}", exporter.name))])?;
    if let Some(why) = wanted.never_reached() {
        return Err(option(why));
    }
    if let Some(why) = allowed.never_reached() {
        return Err(vec![refused("allow", format!("{}: {why}", exporter.name))]);
    }
    let wanted_folder = folder(&needs.folders, &settings);
    let mut missing = Vec::new();
    if !exporter.is_bundled() {
        let refused = wanted_folder.filter(|_| exporter.allowed.folder.is_none());
        missing.extend(refused.map(|(need_of, path)| {
            need(exporter, &format!("the folder {path}"), &need_of.reason, &format!("dir={path}"))
        }));
        missing.extend(missing_hosts(exporter, &needs.hosts, &settings, &allowed));
        missing.extend(missing_secrets(exporter, plugin));
        if let Some(reason) = needs.stop.as_ref().filter(|_| !exporter.allowed.stop) {
            missing.push(need(exporter, "to end the run", reason, "stop"));
        }
    }
    if !missing.is_empty() {
        return Err(missing.into_iter().map(|text| refused("allow", text)).collect());
    }
    let mut secrets = BTreeMap::new();
    for need in &needs.secrets {
        let Some(value) = resolved.secrets.get(&need.name) else { continue };
        let hosts = Grants::resolve(&need.hosts, &settings).map_err(option)?;
        secrets.insert(need.name.clone(), Secret { value: value.clone(), hosts });
    }
    let stop = needs.stop.is_some() && (exporter.is_bundled() || exporter.allowed.stop);
    let granted = wanted_folder.map(|(_, path)| PathBuf::from(path));
    let folder = exporter.allowed.folder.clone().or(granted);
    Ok(Granted { hosts: wanted.and(allowed), secrets, stop, folder })
}

/// The folder that a manifest names in place of the one in the run's folder; one whose setting is empty
/// is left out.
fn folder<'a>(needs: &'a [Need], settings: &'a Value) -> Option<(&'a Need, &'a str)> {
    let path = |need: &'a Need| match setting_of(&need.name) {
        Some(key) => settings.get(key).and_then(Value::as_str),
        None => Some(need.name.as_str()),
    };
    let mut named = needs.iter().filter_map(|need| Some((need, path(need)?)));
    named.find(|(_, path)| !path.is_empty())
}

fn need(exporter: &ChosenExporter, what: &str, reason: &str, grant: &str) -> String {
    let name = &exporter.name;
    format!("`{name}` needs {what}: {reason}; allow it with --allow {name}:{grant}")
}

fn missing_hosts(
    exporter: &ChosenExporter,
    needs: &[Need],
    settings: &Value,
    allowed: &Grants,
) -> Vec<String> {
    let mut missing = Vec::new();
    for host in needs {
        let Ok(wanted) = Grants::resolve(&[&host.name], settings) else { continue };
        for grant in wanted.texts() {
            if !allowed.texts().contains(&grant) {
                let what = format!("the host {grant}");
                missing.push(need(exporter, &what, &host.reason, &format!("http={grant}")));
            }
        }
    }
    missing
}

/// Secrets whose variables were not named.
fn missing_secrets(exporter: &ChosenExporter, plugin: &Identity) -> Vec<String> {
    let needs = &plugin.manifest.needs.secrets;
    let missing = needs.iter().filter_map(|secret| {
        let own = plugin.manifest.exporter.of_secret(&secret.name);
        let variables: Vec<String> = match own {
            [] => vec![secret.variable()],
            sources => sources.iter().filter_map(variable).collect(),
        };
        let is_allowed = variables.iter().any(|name| exporter.allowed.secrets.contains(name));
        let first = variables.first().filter(|_| !is_allowed)?;
        let what = format!("the secret `{}`", secret.name);
        Some(need(exporter, &what, &secret.reason, &format!("secret={first}")))
    });
    missing.collect()
}

fn variable(source: &Source) -> Option<String> {
    match source {
        Source::Env(name) => Some(name.clone()),
        Source::Flag(_)
        | Source::Ini { .. }
        | Source::Yaml { .. }
        | Source::Hocon { .. }
        | Source::Dotenv { .. }
        | Source::Netrc { .. }
        | Source::Setting { .. } => None,
    }
}
