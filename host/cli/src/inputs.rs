//! What conversion needs besides the settings: the files they name, this machine, a seed. All of it
//! is read before, so that converting opens nothing and is a function of what it is given.

mod memory;
mod paths;

use crate::args::PerfArgs;
use crate::args::engine::PluginArgs;
use crate::catalog::Catalog;
use crate::diagnostics::Diagnostics;
use crate::plugin_host::{PluginSettings, start_to_describe};
use loadwright_core::trace::TraceKey;
use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

/// Size limit of such a file: room for the longest prompt that any model takes.
const MAX_FILE: u64 = 64 << 20;

/// What conversion needs besides the settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inputs {
    /// Contents of flags that take a text or `@FILE`.
    pub texts: Texts,
    /// Where the simulated server will listen, if that is measured.
    pub simulated_server: Option<SocketAddr>,
    /// The seed, unless one is given.
    pub random_seed: u64,
    /// The key of trace ids.
    pub trace_key: TraceKey,
    /// Cores of this machine.
    pub cores: usize,
    /// Bytes of memory that this process can use, if known.
    pub memory: Option<u64>,
    /// The plugins that can be chosen.
    pub plugins: Catalog,
    /// Variables that hold secrets of plugins.
    pub secrets: Vec<(String, String)>,
    /// The variables by which OpenTelemetry samples traces.
    pub telemetry: Vec<(String, String)>,
}

/// Contents of flags that take a text or `@FILE`; none: not given, or not readable.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Texts {
    /// `--query-template`.
    pub query_template: Option<String>,
    /// `--extra-args`.
    pub extra_args: Option<String>,
    /// `--api-args`.
    pub api_args: Option<String>,
    /// `--dataset-args`.
    pub dataset_args: Option<String>,
    /// `--prompt`.
    pub prompt: Option<String>,
}

impl Inputs {
    /// Reads what `args` need. Paths that cannot be used are errors in `diagnostics`.
    pub fn read(
        args: &PerfArgs,
        simulated_server: Option<SocketAddr>,
        diagnostics: &mut Diagnostics,
    ) -> Self {
        paths::check(args, diagnostics);
        Self {
            texts: texts(args, diagnostics),
            simulated_server,
            random_seed: u64::from(rand::random::<u32>()),
            trace_key: TraceKey(rand::random()),
            cores: std::thread::available_parallelism().map_or(1, usize::from),
            memory: memory::total(),
            plugins: catalog(&args.plugins),
            secrets: Vec::new(),
            telemetry: telemetry(),
        }
    }
}

fn telemetry() -> Vec<(String, String)> {
    ["OTEL_TRACES_SAMPLER", "OTEL_TRACES_SAMPLER_ARG"]
        .into_iter()
        .filter_map(|name| Some((name.to_owned(), std::env::var(name).ok()?)))
        .collect()
}

/// The plugins that can be chosen.
pub(crate) fn catalog(given: &PluginArgs) -> Catalog {
    let settings = plugin_settings(given);
    Catalog::read(&given.plugin, || start_to_describe(&settings))
}

/// Limits of plugins, as far as they can be used; what cannot is reported by the conversion.
pub(crate) fn plugin_settings(given: &PluginArgs) -> PluginSettings {
    let default = PluginSettings::default();
    let timeout = given.plugin_timeout.0.as_ref().ok();
    let timeout = timeout.and_then(|seconds| Duration::try_from_secs_f64(*seconds).ok());
    let memory = given.plugin_memory.as_ref().and_then(|mib| mib.0.as_ref().ok());
    let memory = memory.and_then(|mib| u64::try_from(*mib).ok()?.checked_mul(1 << 20));
    PluginSettings {
        timeout: timeout.unwrap_or(default.timeout),
        memory,
        output: default.output,
        cache_dir: given.cache_dir.clone(),
    }
}

/// The text of a file, or of a pipe such as `/dev/stdin`, which is read to its end.
///
/// # Errors
/// What is wrong with it, its name first.
pub(crate) fn read_file(path: &Path) -> Result<String, String> {
    loadwright_files::read_input(path, MAX_FILE)
        .map_err(|error| format!("{} {error}", path.display()))
}

fn texts(args: &PerfArgs, diagnostics: &mut Diagnostics) -> Texts {
    let mut read =
        |flag, given: &Option<String>| text_or_file(flag, given.as_deref()?, diagnostics);
    Texts {
        query_template: read("query-template", &args.prompt.query_template),
        extra_args: read("extra-args", &args.generation.extra_args),
        api_args: read("api-args", &args.target.api_args),
        dataset_args: read("dataset-args", &args.dataset.dataset_args),
        prompt: read("prompt", &args.prompt.prompt),
    }
}

/// The text itself, or the content of the file that `@` names.
fn text_or_file(flag: &str, given: &str, diagnostics: &mut Diagnostics) -> Option<String> {
    let Some(path) = given.strip_prefix('@') else { return Some(given.into()) };
    match read_file(Path::new(path)) {
        Ok(text) => Some(text),
        Err(why) => {
            diagnostics.error(flag, format!("{why}; give a text file"));
            None
        }
    }
}
