//! Opens what a run needs before its first request: the last chance to fail cheaply.

mod dataset;
mod dataset_rate;
mod file_limit;
mod folder;
mod setting_faults;
mod simulated;

pub(crate) use folder::RunFolder;
pub(crate) use simulated::{count_prompts, simulated_server, vocabulary};

use crate::catalog::Catalog;
use crate::console::Console;
use crate::error::CommandError;
use crate::plan::{PluginSettings, Run};
use loadwright_core::ports::Tokenizer;
use loadwright_engine::{Ports, Stop};
use loadwright_sim::{BoundAddress, Server};
use loadwright_storage::{RECORDS, Store};
use loadwright_wasm::{DatasetServices, Host, HostConfig, Kind, Plugin};
use setting_faults::{both, by_flag};
use std::sync::Arc;

/// What a run needs, opened.
pub(crate) struct OpenedRun {
    /// What points need from plugins.
    pub(crate) ports: Ports,
    /// The file of records; closed before the folder can go away.
    pub(crate) store: Store,
    /// The run's folder, which stays once it is kept.
    pub(crate) folder: RunFolder,
    /// The simulated server, where that is measured.
    pub(crate) server: Option<Server>,
}

/// Opens what `run` needs.
///
/// # Errors
/// The first thing that cannot be opened. The run's folder is removed again.
pub(crate) fn open(
    run: &Run,
    address: Option<BoundAddress>,
    console: &Arc<Console>,
    stop: &Stop,
) -> Result<OpenedRun, CommandError> {
    file_limit::raise(run)?;
    let date = RunFolder::date(&run.outputs);
    let host = plugin_host(&run.plugins, run.points[0].seed, console, stop)?;
    let catalog = Catalog::open(&host, &run.plugins.paths)?;
    let plugins = plugins(run, &catalog, console)?;
    let folder = RunFolder::create(&run.outputs, date.as_deref())?;
    let tokenizer = tokenizer(run, console)?;
    let server = match (&tokenizer, address) {
        (Some(tokenizer), Some(address)) => Some(simulated_server(run, address, tokenizer)?),
        _ => None,
    };
    let ports = ports(run, &plugins, tokenizer)?;
    dataset::check(run, &*ports.dataset)?;
    dataset_rate::check(run, &*ports.dataset, console);
    let attached = console.run_log.attach(&folder.path().join("benchmark.log"));
    attached.map_err(|cause| folder.failure("benchmark.log", cause))?;
    let names: Vec<&str> = run.points.iter().map(|point| point.name.as_str()).collect();
    let store = Store::create(&folder.path().join(RECORDS), &names)?;
    Ok(OpenedRun { ports, store, folder, server })
}

/// The host of plugins.
///
/// # Errors
/// Plugins cannot run on this machine.
pub(crate) fn plugin_host(
    settings: &PluginSettings,
    seed: u64,
    console: &Arc<Console>,
    stop: &Stop,
) -> Result<Arc<Host>, CommandError> {
    let (console, notices) = (Arc::clone(console), Arc::clone(console));
    let cache_dir = settings.cache_dir.clone().or_else(loadwright_files::cache_dir);
    if cache_dir.is_none() {
        console
            .notice("compiled plugins are not cached: there is no home folder; give --cache-dir");
    }
    let config = HostConfig {
        cache_dir,
        memory: settings.memory,
        timeout: settings.timeout,
        seed,
        log: Arc::new(move |name: &str, level, text: &str| console.plugin(name, level, text)),
        notice: Arc::new(move |text: &str| notices.notice(text)),
        stop: stop.drained_flag(),
    };
    Ok(Host::new(config)?)
}

/// The chosen tokenizer; with `--simulate`, by default, a small built-in one.
fn tokenizer(run: &Run, console: &Console) -> Result<Option<Arc<dyn Tokenizer>>, CommandError> {
    match &run.tokenizer {
        Some(name) => {
            console.debug(&format!("loading the tokenizer {name}"));
            Ok(Some(loadwright_tokens::open(name, &run.template_options)?))
        }
        None => Ok(run.simulate.then(loadwright_tokens::builtin)),
    }
}

/// The API plugin and the dataset.
struct Plugins {
    api: Arc<Plugin>,
    dataset: Arc<Plugin>,
}

/// The chosen plugins.
fn plugins(run: &Run, catalog: &Catalog, console: &Console) -> Result<Plugins, CommandError> {
    let plan = &run.points[0];
    let find = |kind, name: &str| catalog.find(kind, name, |text: &str| console.notice(text));
    let (api, dataset) =
        both(find(Kind::Api, &plan.request.api), find(Kind::Dataset, &plan.request.dataset))?;
    Ok(Plugins { api, dataset })
}

fn ports(
    run: &Run,
    plugins: &Plugins,
    tokenizer: Option<Arc<dyn Tokenizer>>,
) -> Result<Ports, CommandError> {
    let files = run.dataset_path.iter().map(|path| ("dataset-path".to_owned(), path.clone()));
    let services = DatasetServices { tokenizer: tokenizer.clone(), files: files.collect() };
    let api = plugins.api.api(&run.protocol_settings);
    let dataset = plugins.dataset.dataset(&run.dataset_settings, services);
    let (api, dataset) = both(
        api.map_err(|error| by_flag(Kind::Api, error)),
        dataset.map_err(|error| by_flag(Kind::Dataset, error)),
    )?;
    Ok(Ports { api, dataset, tokenizer })
}
