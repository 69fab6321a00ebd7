//! Exporters: which were chosen, and what they may do.

use crate::args::PerfArgs;
use crate::args::exporters::ExporterArgs;
use crate::args::suggestions::suggest;
use crate::catalog::Catalog;
pub(crate) use crate::catalog::OTLP;
use crate::diagnostics::Diagnostics;
use loadwright_exporters::ExportWhen;
use loadwright_wasm::{Identity, Kind, Source};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// In place of a key of SwanLab: files for its dashboard on this machine, as EvalScope has it.
const LOCAL: &str = "local";
const LOCAL_FLAG: (&str, &str) = ("swanlab-api-key", LOCAL);

/// Time for exporters once a run has ended.
const TIMEOUT: Duration = Duration::from_secs(60);

/// Where results are sent beside the run's folder.
#[derive(Clone, PartialEq, Default)]
pub struct Exporters {
    /// In the order in which they were named.
    pub chosen: Vec<ChosenExporter>,
    /// When they are given what was measured.
    pub when: ExportWhen,
    /// A failure changes the exit code.
    pub must_succeed: bool,
    /// Time that they may take once the run has ended; none: all that they want.
    pub timeout: Option<Duration>,
    /// A file of authorities' certificates.
    pub ca_cert: Option<PathBuf>,
    /// EvalScope's metrics, all points as one.
    pub compat: bool,
    /// Flags that their manifests may name as sources.
    pub flags: BTreeMap<String, String>,
}

/// Values of flags may be secret.
impl std::fmt::Debug for Exporters {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let names: Vec<&str> = self.chosen.iter().map(|it| it.name.as_str()).collect();
        write!(out, "Exporters({names:?}, {:?}, {:?})", self.when, self.timeout)
    }
}

/// An exporter that was chosen.
#[derive(Debug, Clone, PartialEq)]
pub struct ChosenExporter {
    /// Its name.
    pub name: String,
    /// Its plugin; of `otlp`, which is part of this program, the conventions plugin.
    pub plugin: Option<Arc<Identity>>,
    /// Its settings as they were typed.
    pub options: BTreeMap<String, String>,
    /// What it may do.
    pub allowed: Allowed,
}

/// What an exporter of the user's may do.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Allowed {
    /// Hosts that it may reach.
    pub hosts: Vec<String>,
    /// Variables that it may read secrets from.
    pub secrets: Vec<String>,
    /// The folder of its artifacts.
    pub folder: Option<PathBuf>,
    /// It may end the run.
    pub stop: bool,
}

impl Allowed {
    /// As they are typed behind `NAME:`.
    pub(crate) fn texts(&self) -> Vec<String> {
        let hosts = self.hosts.iter().map(|host| format!("http={host}"));
        let secrets = self.secrets.iter().map(|name| format!("secret={name}"));
        let folder = self.folder.iter().map(|folder| format!("dir={}", folder.display()));
        let stop = self.stop.then(|| "stop".to_owned());
        hosts.chain(secrets).chain(folder).chain(stop).collect()
    }
}

impl ChosenExporter {
    /// Whether it carries its own grants: what is part of this program.
    pub(crate) fn is_bundled(&self) -> bool {
        self.name == OTLP
            || self.plugin.as_ref().is_none_or(|plugin| matches!(plugin.source, Source::Bundled(_)))
    }
}

/// The exporters of `args`, without what concerns a run that goes on.
pub(crate) fn exporters(
    args: &ExporterArgs,
    catalog: &Catalog,
    diagnostics: &mut Diagnostics,
) -> Exporters {
    let names = names(args);
    let mut options = options(&args.exporter_option, &names, diagnostics);
    let mut allowed = allowed(&args.allow, &names, diagnostics);
    if args.swanlab_api_key.as_deref() == Some(LOCAL) {
        let swanlab = options.entry("swanlab".into()).or_default();
        swanlab.entry("mode".into()).or_insert_with(|| LOCAL.into());
    }
    let mut chosen = Vec::new();
    for name in names {
        let options = options.remove(&name).unwrap_or_default();
        let plugin = plugin(&name, &options, catalog, diagnostics);
        chosen.push(ChosenExporter {
            plugin,
            options,
            allowed: allowed.remove(&name).unwrap_or_default(),
            name,
        });
    }
    let flags = [
        ("wandb-api-key", &args.wandb_api_key),
        ("swanlab-api-key", &args.swanlab_api_key),
        ("swanlab-host", &args.swanlab_host),
    ];
    let given = flags.into_iter().filter_map(|(flag, value)| {
        let is_key = |value: &&String| !value.is_empty() && (flag, value.as_str()) != LOCAL_FLAG;
        let value = value.as_ref().filter(is_key)?;
        Some((flag.to_owned(), value.clone()))
    });
    let seconds = args.export_timeout.as_ref();
    Exporters {
        chosen,
        timeout: seconds.map(|it| diagnostics.seconds("export-timeout", it)),
        ca_cert: args.exporter_ca_cert.clone(),
        compat: args.visualizer_compat,
        flags: given.collect(),
        ..Exporters::default()
    }
}

/// The same for a run that goes on.
pub(super) fn live(args: &PerfArgs, catalog: &Catalog, diagnostics: &mut Diagnostics) -> Exporters {
    let live = &args.live_export;
    let exporters = exporters(&args.exporters, catalog, diagnostics);
    let when = match live.export_when.as_str() {
        "live" => ExportWhen::Live,
        "point" => ExportWhen::Point,
        "end" => ExportWhen::End,
        other => {
            let text = format!("unknown time `{other}`; choose from live, point, end");
            diagnostics.error("export-when", text);
            ExportWhen::Live
        }
    };
    let must_succeed = match live.export_failure.as_str() {
        "warn" => false,
        "fail" => true,
        other => {
            let text = format!("unknown policy `{other}`; choose from warn, fail");
            diagnostics.error("export-failure", text);
            false
        }
    };
    let timeout = Some(exporters.timeout.unwrap_or(TIMEOUT));
    Exporters { when, must_succeed, timeout, ..exporters }
}

/// Names of the exporters, each once. A key chooses the service that it is of, as EvalScope has it.
fn names(args: &ExporterArgs) -> Vec<String> {
    let split = |names: &String| names.split([',', ' ']).map(str::to_owned).collect::<Vec<_>>();
    let mut all: Vec<String> = args.exporter.iter().flat_map(split).collect();
    let keys = [("wandb", &args.wandb_api_key), ("swanlab", &args.swanlab_api_key)];
    all.extend(keys.into_iter().filter(|(_, key)| key.is_some()).map(|(name, _)| name.to_owned()));
    let mut names: Vec<String> = Vec::new();
    for name in all.into_iter().filter(|name| !name.is_empty()) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

fn plugin(
    name: &str,
    options: &BTreeMap<String, String>,
    catalog: &Catalog,
    diagnostics: &mut Diagnostics,
) -> Option<Arc<Identity>> {
    let chosen = if name == OTLP {
        let conventions = options.get("conventions").map_or("genai", String::as_str);
        catalog.choose(Kind::Conventions, conventions)
    } else {
        catalog.choose(Kind::Exporter, name)
    };
    match chosen {
        Ok(chosen) => {
            chosen.notices.iter().for_each(|notice| diagnostics.notice(notice));
            Some(chosen.identity)
        }
        Err(error) => {
            let meant = similar(name, catalog);
            diagnostics.error(&error.flag, error.text + &meant);
            None
        }
    }
}

/// A question whether another exporter is meant; empty: none is like `name`.
fn similar(name: &str, catalog: &Catalog) -> String {
    let all = catalog.all();
    let known = all.iter().filter(|plugin| plugin.kind == Kind::Exporter);
    let known = known.map(|plugin| plugin.name()).chain([OTLP]);
    suggest(name, known.filter(|other| *other != name))
        .map(|other| format!("; did you mean `{other}`?"))
        .unwrap_or_default()
}

/// Options as they were typed, by exporter.
fn options(
    given: &[String],
    names: &[String],
    diagnostics: &mut Diagnostics,
) -> BTreeMap<String, BTreeMap<String, String>> {
    const FLAG: &str = "exporter-option";
    let mut options: BTreeMap<String, BTreeMap<String, String>> = BTreeMap::new();
    for text in given {
        let parts = text.split_once('=').and_then(|(path, value)| {
            let (name, key) = path.split_once('.')?;
            Some((name, key, value)).filter(|_| !key.is_empty())
        });
        match parts {
            Some((name, key, value)) if names.iter().any(|known| known == name) => {
                options.entry(name.into()).or_default().insert(key.into(), value.into());
            }
            Some((name, ..)) => diagnostics.error(FLAG, not_chosen(name, names)),
            None => diagnostics.error(FLAG, format!("`{text}` is not NAME.KEY=VALUE")),
        }
    }
    options
}

fn not_chosen(name: &str, names: &[String]) -> String {
    match suggest(name, names.iter().map(String::as_str)) {
        Some(other) => format!("`{name}` is not chosen; did you mean `{other}`?"),
        None => format!("`{name}` is not chosen; choose it with --exporter {name}"),
    }
}

/// Grants, by exporter.
fn allowed(
    given: &[String],
    names: &[String],
    diagnostics: &mut Diagnostics,
) -> BTreeMap<String, Allowed> {
    const FORM: &str = "give NAME:http=HOST, NAME:secret=VARIABLE, NAME:dir=PATH or NAME:stop";
    let mut all: BTreeMap<String, Allowed> = BTreeMap::new();
    for text in given {
        let Some((name, grant)) = text.split_once(':') else {
            diagnostics.error("allow", format!("`{text}` is not a grant; {FORM}"));
            continue;
        };
        if !names.iter().any(|known| known == name) {
            diagnostics.error("allow", not_chosen(name, names));
            continue;
        }
        let allowed = all.entry(name.into()).or_default();
        match grant.split_once('=') {
            Some(("http", host)) if !host.is_empty() => allowed.hosts.push(host.into()),
            Some(("secret", name)) if !name.is_empty() => allowed.secrets.push(name.into()),
            Some(("dir", path)) if !path.is_empty() => allowed.folder = Some(path.into()),
            None if grant == "stop" => allowed.stop = true,
            _ => diagnostics.error("allow", format!("`{text}` is not a grant; {FORM}")),
        }
    }
    all
}
