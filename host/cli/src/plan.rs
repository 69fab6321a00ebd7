//! Converts settings into what they mean: the plans of a sweep, and the settings of the run around
//! them. A pure function: it opens nothing, and reports every error at once.
//!
//! Each part has a function of its own that takes the arguments, returns the part, and adds what is
//! wrong to the diagnostics.

mod checks;
mod contents;
mod dataset;
mod endpoint;
mod engine;
pub(crate) mod exporters;
mod files;
mod generation;
mod loads;
mod plugins;
mod secrets;
mod settings;
mod sweep;
mod target;
mod trace;
mod traceparent;
mod unsupported;

use crate::args::PerfArgs;
use crate::config::MergedSettings;
use crate::diagnostics::{Diagnostics, SettingErrors};
use crate::inputs::Inputs;
use crate::plugin_host::PluginSettings;
use contents::Contents;
use dataset::PromptContext;
use exporters::Exporters;
use generation::Generation;
use loads::LoadSettings;
pub use loads::{Loads, Sweep};
use loadwright_core::plan::{Plan, RequestSettings, Target};
use loadwright_core::secret::masked_url;
use plugins::Choice;
pub use plugins::Plugins;
use serde_json::{Map, Value, json};
use settings::Resolved;
use std::path::PathBuf;
use std::time::Duration;

/// Default name of the simulated server's model.
pub const SIMULATED_MODEL: &str = "simulated";

/// A run, converted: what to measure, and with what.
#[derive(Debug, Clone, PartialEq)]
pub struct Run {
    /// The points of the sweep, in order; until the dataset has said whether it is timed, those of
    /// one of the `loads`.
    pub points: Vec<Plan>,
    /// The points, depending on the dataset.
    pub loads: Loads,
    /// The dataset item that the first request carries.
    pub first_item: u64,
    /// Measure the built-in simulated server.
    pub simulate: bool,
    /// Send a request that tests the connection first.
    pub test_connection: bool,
    /// How long that test waits for a server that is still loading, if given.
    pub wait_for_server: Option<Duration>,
    /// Pause between points.
    pub sleep_interval: Duration,
    /// Where results go.
    pub outputs: Outputs,
    /// The plugins that were chosen.
    pub chosen: Plugins,
    /// Where results are sent.
    pub exporters: Exporters,
    /// Limits of plugins.
    pub plugins: PluginSettings,
    /// The tokenizer's folder, file or hub id.
    pub tokenizer: Option<String>,
    /// Options of the server's chat template that requests set.
    pub template_options: Map<String, Value>,
    /// Files and folders that the dataset may read, by the names of their settings.
    pub files: Vec<(String, PathBuf)>,
    /// Settings for the API plugin.
    pub api_settings: Value,
    /// Settings for the dataset plugin.
    pub dataset_settings: Value,
    /// Whether the seed was drawn rather than given.
    pub seed_drawn: bool,
    /// Print one JSON document to standard output, and the report to standard error.
    pub json: bool,
    /// Print debug messages.
    pub debug: bool,
    /// What the user should know.
    pub notices: Vec<String>,
    /// A line for each setting: its value and where it came from.
    pub resolved: Vec<String>,
}

/// Where results go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outputs {
    /// Folder in which the run's folder is created.
    pub dir: PathBuf,
    /// The run's folder itself, if given: new or empty.
    pub exact: Option<PathBuf>,
    /// Whether the time is part of the run folder's path.
    pub timestamp: bool,
    /// Name of the run's folder, as it was given: a file system may refuse some of its characters.
    pub name: String,
}

/// Converts the settings `given`.
///
/// # Errors
/// Every setting that cannot be used.
pub fn convert(
    given: &MergedSettings,
    inputs: &Inputs,
    mut diagnostics: Diagnostics,
) -> Result<Run, SettingErrors> {
    let run = run(given, inputs, &mut diagnostics);
    let notices = std::mem::take(&mut diagnostics.notices);
    match run {
        Some(run) => diagnostics.into_result(Run { notices, ..run }),
        None => Err(diagnostics.errors),
    }
}

/// The run; none where a plugin is missing, which is reported.
fn run(given: &MergedSettings, inputs: &Inputs, diagnostics: &mut Diagnostics) -> Option<Run> {
    let args = &given.args;
    unsupported::check(args, diagnostics);
    let model = model(args, diagnostics);
    let dataset = dataset::name(args, diagnostics);
    let choice = Choice::of(&args.target.api, &dataset, &inputs.plugins);
    let target = target::target(args, inputs, &choice, diagnostics);
    let in_chat = endpoint::in_chat(args, &choice, &target.url, diagnostics);
    let contents = contents::contents(&inputs.texts, diagnostics);
    let prompts = PromptContext { dataset: &dataset, choice: &choice, model: &model, in_chat };
    let generation = generation::generation(args, &prompts, &contents, diagnostics);
    let exporters = exporters::live(args, &inputs.plugins, diagnostics);
    let files = files::files(args, &choice, &contents, diagnostics);
    let dataset_settings = dataset::settings(args, &prompts, &contents, diagnostics);
    let request = request(args, &prompts, &generation, &contents, diagnostics);
    let mut shared = shared_plan(args, inputs, target, request, diagnostics);
    shared.plugins = choice.versions();
    choice.check(args, diagnostics);
    checks::check_metrics(args, &shared, diagnostics);
    let sleep_interval = sweep::sleep_interval(args, diagnostics);
    let resolved = Resolved {
        generation: &generation,
        contents: &contents,
        dataset: &dataset_settings,
        sleep_interval,
    };
    shared.request.traceparent = traceparent::traceparent(args, &exporters, inputs, diagnostics);
    shared.settings = settings::shared(given, &shared, &resolved);
    let first_item = sweep::first_item(args, diagnostics);
    let may_be_timed = !choice.is_bundled_dataset();
    let load = LoadSettings::of(given, &shared, first_item, &exporters, may_be_timed);
    let loads = loads::loads(&load, diagnostics);
    let Sweep { points, resolved, .. } = loads.likely().clone();
    Some(Run {
        first_item,
        simulate: args.target.simulate,
        test_connection: !args.target.no_test_connection,
        wait_for_server: engine::wait_for_server(args, diagnostics),
        sleep_interval,
        outputs: outputs(args, &shared.request.model),
        plugins: engine::plugins(args, diagnostics),
        tokenizer: args.dataset.tokenizer_path.clone(),
        template_options: generation.template_options(&contents),
        files,
        api_settings: api_settings(&shared.target.url, &generation, &contents),
        dataset_settings,
        seed_drawn: args.generation.seed.is_none(),
        json: args.output.json,
        debug: args.output.debug,
        notices: Vec::new(),
        resolved,
        points,
        loads,
        chosen: choice.both()?,
        exporters,
    })
}

/// What all points have in common, but for the plugins and the stored settings.
fn shared_plan(
    args: &PerfArgs,
    inputs: &Inputs,
    target: Target,
    request: RequestSettings,
    diagnostics: &mut Diagnostics,
) -> Plan {
    Plan {
        seed: generation::seed(args, inputs),
        target,
        request,
        timeouts: engine::timeouts(args, diagnostics),
        objectives: engine::objectives(args, diagnostics),
        engine: engine::engine(args, inputs, diagnostics),
        ..Plan::default()
    }
}

fn request(
    args: &PerfArgs,
    prompts: &PromptContext<'_>,
    generation: &Generation,
    contents: &Contents,
    diagnostics: &mut Diagnostics,
) -> RequestSettings {
    RequestSettings {
        api: args.target.api.clone(),
        model: prompts.model.into(),
        dataset: prompts.dataset.into(),
        stream: generation.stream(),
        choices: generation.choices(contents),
        output_range: generation.range,
        tokenize_prompt: args.prompt.tokenize_prompt,
        in_chat: prompts.in_chat,
        retries: diagnostics.whole_u32("retries", &args.load.retries, 0),
        metrics: prompts.choice.metrics(),
        traceparent: None,
    }
}

/// Settings for the API plugin. It gets no secret, not even those of the URL.
fn api_settings(url: &str, generation: &Generation, contents: &Contents) -> Value {
    json!({
        "url": masked_url(url),
        "generation": generation.members,
        "extra_args": contents.extra,
        "template": contents.template,
        "settings": contents.api,
    })
}

fn model(args: &PerfArgs, diagnostics: &mut Diagnostics) -> String {
    match &args.target.model {
        Some(model) if !model.is_empty() => model.clone(),
        _ if args.target.simulate => SIMULATED_MODEL.into(),
        _ => {
            diagnostics.error("model", "is required; give the model's name as requests send it");
            String::new()
        }
    }
}

/// Where results go. The folder is called after the last part of the model's name by default.
fn outputs(args: &PerfArgs, model: &str) -> Outputs {
    let output = &args.output;
    let last = model.trim_end_matches('/').rsplit('/').next().unwrap_or(model);
    let name = output.name.as_deref().filter(|name| !name.is_empty()).unwrap_or(last);
    Outputs {
        dir: output.outputs_dir.clone(),
        exact: output.run_dir.clone(),
        timestamp: !output.no_timestamp,
        name: name.into(),
    }
}

#[cfg(test)]
mod tests;
