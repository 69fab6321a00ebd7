//! The one converter from what was typed to what it means: the plans of a sweep, and the settings
//! of the run around them. It opens nothing, and reports every mistake at once.

mod checks;
mod engine;
mod generation;
mod json;
mod later;
mod memory;
mod points;
mod prompts;
mod settings;
mod target;

use crate::args::PerfArgs;
use crate::config::Gathered;
use crate::findings::{Findings, Mistakes};
use loadwright_core::plan::Plan;
use serde_json::{Map, Value};
use std::path::PathBuf;
use std::time::Duration;

/// Name of the model where the simulated server is measured.
pub const SIMULATED_MODEL: &str = "simulated";

/// A run, converted: what to measure, and with what.
#[derive(Debug, Clone, PartialEq)]
pub struct Run {
    /// The points of the sweep, in order.
    pub points: Vec<Plan>,
    /// Measure the built-in simulated server; its address takes the place of the plans' URL.
    pub simulate: bool,
    /// Send a request that tests the connection first.
    pub test_connection: bool,
    /// How long that test waits for a server that is still loading, where given.
    pub wait_for_server: Option<Duration>,
    /// Pause between points.
    pub sleep_interval: Duration,
    /// Where results go.
    pub outputs: Outputs,
    /// Plugins to load and their limits.
    pub plugins: PluginSettings,
    /// The tokenizer's folder, file or hub id.
    pub tokenizer: Option<String>,
    /// What requests tell the server's chat template.
    pub template_options: Map<String, Value>,
    /// The file that the dataset reads.
    pub dataset_path: Option<PathBuf>,
    /// Settings on their way to the protocol plugin.
    pub protocol_settings: Value,
    /// Settings on their way to the dataset plugin.
    pub dataset_settings: Value,
    /// Whether the seed was drawn rather than given.
    pub seed_drawn: bool,
    /// Print one JSON document to standard output, and the report to standard error.
    pub json: bool,
    /// Say more.
    pub debug: bool,
    /// What the user should know.
    pub notices: Vec<String>,
    /// Each setting, its value and where that came from, a line each.
    pub resolved: Vec<String>,
}

/// Where results go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outputs {
    /// Folder that the run's folder is made in.
    pub dir: PathBuf,
    /// The run's folder itself, where given: new, or empty.
    pub exact: Option<PathBuf>,
    /// Whether the time is part of the run folder's path.
    pub timestamp: bool,
    /// Name of the run's folder.
    pub name: String,
}

/// Plugins to load and their limits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PluginSettings {
    /// Components, or folders of them.
    pub paths: Vec<PathBuf>,
    /// Time that one call may take.
    pub timeout: Duration,
    /// Bytes of memory of an instance, where given.
    pub memory: Option<u64>,
    /// Folder of compiled plugins, where given.
    pub cache_dir: Option<PathBuf>,
}

/// What plans of a sweep share, while they are made.
struct Shared<'a> {
    args: &'a PerfArgs,
    typed: &'a Map<String, Value>,
    findings: &'a mut Findings,
}

/// Converts what was typed.
///
/// # Errors
/// Every setting that cannot be used.
pub fn convert(given: &Gathered, mut findings: Findings) -> Result<Run, Mistakes> {
    let Gathered { args, typed, sources } = given;
    let run = Shared { args, typed, findings: &mut findings }.run();
    if !findings.mistakes.0.is_empty() {
        return Err(findings.mistakes);
    }
    let resolved = settings::resolved(&run.points, sources);
    Ok(Run { notices: findings.notices, resolved, ..run })
}

impl Run {
    /// Sends everything to the server at `base` instead, the path kept.
    pub fn point_at(&mut self, base: &str) {
        let Some(url) = self.points.first().map(|point| target::moved(&point.target.url, base))
        else {
            return;
        };
        for point in &mut self.points {
            point.target.url.clone_from(&url);
            point.settings.insert("url".into(), url.clone().into());
        }
        self.protocol_settings["url"] = url.into();
    }
}

impl Shared<'_> {
    fn run(&mut self) -> Run {
        self.answer_known_flags();
        let model = self.model();
        let endpoint = self.endpoint();
        let headers = self.headers();
        let (target, in_chat) = self.target(endpoint, headers);
        let contents = self.contents();
        let generation = self.generation(&model, &contents);
        let (seed, seed_drawn) = self.seed();
        let dataset = self.dataset();
        self.check_tokenizer(&dataset);
        self.check_dataset(&dataset);
        self.check_run_dir();
        let dataset_settings = self.dataset_settings(&model, &dataset, in_chat, &contents);
        let mut shared = self.shared_plan();
        shared.request.output_range = generation.range;
        shared.request.choices = generation.choices(&contents);
        shared.request.stream = generation.members["stream"] == true;
        shared.seed = seed;
        shared.request.in_chat = in_chat;
        shared.request.dataset = dataset;
        shared.request.model.clone_from(&model);
        shared.target = target;
        self.check_metrics(&shared);
        shared.settings = self.stored_settings(&shared, &generation, &dataset_settings, &contents);
        let points = self.points(&shared);
        Run {
            simulate: self.args.target.simulate,
            test_connection: !self.args.target.no_test_connection,
            wait_for_server: self.wait_for_server(),
            sleep_interval: self.sleep_interval(),
            outputs: self.outputs(&model),
            plugins: self.plugins(),
            tokenizer: self.args.dataset.tokenizer_path.clone(),
            template_options: generation.template_options(&contents),
            dataset_path: self.dataset_path(),
            protocol_settings: serde_json::json!({
                "url": shared.target.url,
                "generation": generation.members,
                "extra_args": contents.extra,
                "template": contents.template,
                "settings": contents.api,
            }),
            dataset_settings,
            seed_drawn,
            json: self.args.output.json,
            debug: self.args.output.debug,
            notices: Vec::new(),
            resolved: Vec::new(),
            points,
        }
    }

    fn model(&mut self) -> String {
        match &self.args.target.model {
            Some(model) if !model.is_empty() => model.clone(),
            _ if self.args.target.simulate => SIMULATED_MODEL.into(),
            _ => {
                self.findings.mistake("model", "is required; give the model's name as it is sent");
                String::new()
            }
        }
    }

    /// The folder's name: the last part of the model's, without what a file system refuses.
    fn outputs(&self, model: &str) -> Outputs {
        let output = &self.args.output;
        let last = model.trim_end_matches('/').rsplit('/').next().unwrap_or(model);
        let name = output.name.as_deref().filter(|name| !name.is_empty()).unwrap_or(last);
        Outputs {
            dir: output.outputs_dir.clone(),
            exact: output.run_dir.clone(),
            timestamp: !output.no_timestamp,
            name: file_name(name),
        }
    }
}

/// `name` with the characters replaced that some file system refuses, as EvalScope does.
fn file_name(name: &str) -> String {
    let refused = |c: char| "<>:\"|?*\\/\0".contains(c) || c.is_control();
    let name: String = name.chars().map(|c| if refused(c) { '_' } else { c }).collect();
    if name.chars().all(|c| c == '.') { "_".repeat(name.len().max(1)) } else { name }
}

#[cfg(test)]
mod tests;
