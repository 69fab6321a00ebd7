//! Opens what a run needs before its first request: the last chance to fail cheaply.

mod dataset;
mod dataset_rate;
mod file_limit;
mod folder;
mod load;
mod run_header;
mod setting_faults;
mod simulated;

pub(crate) use folder::RunFolder;
pub(crate) use simulated::{count_prompts, simulated_server, vocabulary};

use crate::console::Console;
use crate::error::CommandError;
use crate::exporting::{self, Opened};
use crate::plan::Run;
use crate::plugin_host;
use loadwright_core::plan::Plan;
use loadwright_core::ports::Tokenizer;
use loadwright_engine::{Ports, Stop};
use loadwright_sim::{BoundAddress, Server};
use loadwright_storage::{RECORDS, Store};
use loadwright_wasm::{DatasetServices, Host, Kind, Plugin};
use setting_faults::{both, by_flag};
use std::path::Path;
use std::sync::Arc;

/// What a run needs, opened.
pub(crate) struct OpenedRun {
    /// The run, its load settled.
    pub(crate) run: Run,
    /// What points need from plugins.
    pub(crate) ports: Ports,
    /// The file of records; closed before the folder can go away.
    pub(crate) store: Store,
    /// The run's folder, which stays once it is kept.
    pub(crate) folder: RunFolder,
    /// The simulated server, where that is measured.
    pub(crate) server: Option<Server>,
    /// Exporters, where there are any.
    pub(crate) exporters: Option<Opened>,
}

/// Opens what `run` needs.
///
/// # Errors
/// The first thing that cannot be opened. The run's folder is removed again.
pub(crate) fn open(
    run: &Run,
    address: Option<BoundAddress>,
    date: Option<&str>,
    console: &Arc<Console>,
    stop: &Stop,
) -> Result<OpenedRun, CommandError> {
    file_limit::raise(run)?;
    let host = plugin_host::start(&run.plugins, run.points[0].seed, console, stop.drained_flag())?;
    let tokenizer = tokenizer(run, console)?;
    let server = match (&tokenizer, address) {
        (Some(tokenizer), Some(address)) => Some(simulated_server(run, address, tokenizer)?),
        _ => None,
    };
    let ports = ports(run, &host, tokenizer)?;
    let properties = dataset::check(run, &*ports.dataset)?;
    let run = load::settle(run, properties.timed, console)?;
    file_limit::raise(&run)?;
    dataset_rate::check(&run, &*ports.dataset, console);
    // Last, so that a signal that ends the process before leaves nothing behind.
    let folder = RunFolder::create(&run.outputs, date)?;
    let attached = console.run_log.attach(&folder.path().join("benchmark.log"));
    attached.map_err(|cause| folder.failure("benchmark.log", cause))?;
    let store = Store::create(&folder.path().join(RECORDS), &run_header::run_header(&run))?;
    let exporters = exporters(&run, &host, folder.path())?;
    Ok(OpenedRun { run, ports, store, folder, server, exporters })
}

/// The exporters, ready to begin.
fn exporters(run: &Run, host: &Arc<Host>, folder: &Path) -> Result<Option<Opened>, CommandError> {
    if run.exporters.chosen.is_empty() {
        return Ok(None);
    }
    let plans: Vec<&Plan> = run.points.iter().collect();
    let stored = exporting::stored(folder, &plans, run.exporters.compat, true)?;
    exporting::open(&run.exporters, host, &stored).map(Some)
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

/// The chosen plugins and the tokenizer, set up.
fn ports(
    run: &Run,
    host: &Arc<Host>,
    tokenizer: Option<Arc<dyn Tokenizer>>,
) -> Result<Ports, CommandError> {
    let services = DatasetServices { tokenizer: tokenizer.clone(), files: run.files.clone() };
    let [api, dataset] =
        [&run.chosen.api, &run.chosen.dataset].map(|it| Plugin::identified(host, Arc::clone(it)));
    let api = api.api(&run.api_settings);
    let dataset = dataset.dataset(&run.dataset_settings, services);
    let (api, dataset) = both(
        api.map_err(|error| by_flag(Kind::Api, error)),
        dataset.map_err(|error| by_flag(Kind::Dataset, error)),
    )?;
    Ok(Ports { api, dataset, tokenizer })
}
