//! What single calls of a plugin cost, in this process.

use crate::Failure;
use crate::metrics::median;
use loadwright_core::conversation::{Message, Prompt};
use loadwright_core::ports::{Api, Dataset, PluginFailure};
use loadwright_core::reading::Exchange;
use loadwright_core::request::PromptRequest;
use loadwright_core::stop::StopFlag;
use loadwright_timing::clock;
use loadwright_wasm::{DatasetServices, Host, HostConfig, HostError, Kind, Plugin, Source};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// Items of a call.
const BATCH: u32 = 64;

/// Calls of a measurement.
const BATCHES: u32 = 20;

/// Bytes of a prompt.
const PROMPT: usize = 4096;

/// Frames of an exchange that is decoded.
const FRAMES: u32 = 256;

/// What calls of a plugin cost: every measurement, in microseconds.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Calls {
    /// The plugin.
    plugin: String,
    /// Bytes of its component.
    bytes: u64,
    /// Opened and compiled for the first time.
    compile_us: Vec<f64>,
    /// Opened, its compiled code loaded from the cache.
    load_us: Vec<f64>,
    /// A further instance, configured.
    instance_us: Vec<f64>,
    /// `format`, one request of 4 KiB.
    format_us: Vec<f64>,
    /// `generate`, one item.
    generate_us: Vec<f64>,
    /// `decode`, one frame.
    decode_us: Vec<f64>,
}

impl Calls {
    /// Its row in the table.
    pub(super) fn row(&self) -> String {
        let shown = |values: &[f64]| match median(values.to_vec()) {
            None => String::new(),
            Some(us) if us >= 1e6 => format!("{:.1} s", us / 1e6),
            Some(us) if us >= 1e3 => format!("{:.1} ms", us / 1e3),
            Some(us) => format!("{us:.1} µs"),
        };
        format!(
            "| {} | {} KB | {} | {} | {} | {} | {} | {} |\n",
            self.plugin,
            self.bytes / 1000,
            shown(&self.compile_us),
            shown(&self.load_us),
            shown(&self.instance_us),
            shown(&self.format_us),
            shown(&self.generate_us),
            shown(&self.decode_us)
        )
    }
}

/// Measures the plugin at `source`, `rounds` times.
pub(super) fn measure(source: &Source, rounds: u32) -> Result<Calls, Failure> {
    let mut calls = Calls { bytes: size(source)?, ..Calls::default() };
    for _ in 0..rounds {
        let cache = tempfile::tempdir()?;
        let (plugin, compile) = timed(|| opened(source, cache.path()))?;
        drop(plugin);
        let (plugin, load) = timed(|| opened(source, cache.path()))?;
        calls.plugin = plugin.0.name().to_owned();
        calls.compile_us.push(compile);
        calls.load_us.push(load);
        match plugin.1 {
            Configured::Api(factory) => {
                // Keeps the instance that checked the settings, so that the next one is new.
                let _first = factory.instance()?;
                let (mut api, instance) = timed(|| factory.instance())?;
                calls.instance_us.push(instance);
                calls.format_us.push(format(&mut *api)?);
                calls.decode_us.push(decode(&mut *api)?);
            }
            Configured::Dataset(factory) => {
                let _first = factory.instance()?;
                let (mut dataset, instance) = timed(|| factory.instance())?;
                calls.instance_us.push(instance);
                calls.generate_us.push(generate(&mut *dataset)?);
            }
        }
    }
    Ok(calls)
}

/// A configured plugin.
enum Configured {
    Api(Arc<dyn loadwright_core::ports::ApiFactory>),
    Dataset(Arc<dyn loadwright_core::ports::DatasetFactory>),
}

fn size(source: &Source) -> Result<u64, Failure> {
    match source {
        Source::Path(path) => Ok(fs::metadata(path)?.len()),
        Source::Bundled(name) => {
            let bundled = loadwright_wasm::bundled().iter().find(|one| one.name == *name);
            Ok(bundled.ok_or("not bundled")?.bytes.len() as u64)
        }
    }
}

fn opened(source: &Source, cache: &Path) -> Result<(Arc<Plugin>, Configured), Failure> {
    let host = host(cache)?;
    let plugin = Plugin::open(&host, source.clone())?;
    let configured = match plugin.kind() {
        Kind::Api => Configured::Api(plugin.api(&settings())?),
        Kind::Dataset => {
            let text = cache.join("lines.txt");
            fs::write(&text, "a line of a file that a dataset reads\n".repeat(10_000))?;
            let files = vec![("dataset-path".to_owned(), text)];
            let services = DatasetServices { files, ..DatasetServices::default() };
            Configured::Dataset(plugin.dataset(&settings(), services)?)
        }
        Kind::Exporter | Kind::Conventions => {
            return Err("only APIs and datasets are measured".into());
        }
    };
    Ok((plugin, configured))
}

/// A host that caches compiled code in `cache`.
pub(super) fn host(cache: &Path) -> Result<Arc<Host>, HostError> {
    Host::new(HostConfig {
        cache_dir: Some(cache.into()),
        memory: None,
        output: 256 << 20,
        timeout: Duration::from_secs(60),
        host_time: Duration::from_secs(60),
        seed: 1,
        log: Arc::new(|_, _, _| ()),
        notice: Arc::new(|_: &str| ()),
        stop: StopFlag::default(),
    })
}

fn settings() -> Value {
    json!({
        "url": "http://localhost:8000/v1/chat/completions",
        "model": "m",
        "prompt": "hello",
        "generation": { "model": "m", "stream": true, "max_tokens": 128, "temperature": 0.0 },
        "extra_args": {},
        "template": null,
        "settings": {},
    })
}

fn format(api: &mut dyn Api) -> Result<f64, Failure> {
    let message = Message::text("user", "lorem ipsum ".repeat(PROMPT / 12));
    let request = PromptRequest::new(Prompt::Messages(vec![message]));
    let requests = vec![request; BATCH as usize];
    per_item(BATCH, |_| api.format(&requests).into_iter().collect::<Result<Vec<_>, _>>())
}

fn generate(dataset: &mut dyn Dataset) -> Result<f64, Failure> {
    per_item(BATCH, |batch| {
        let items = dataset.generate(batch * BATCH, BATCH)?;
        items.into_iter().collect::<Result<Vec<_>, PluginFailure>>()
    })
}

fn decode(api: &mut dyn Api) -> Result<f64, Failure> {
    let mut exchange = Exchange { status: 200, ..Exchange::default() };
    for number in 0..FRAMES {
        let frame = json!({
            "id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": "m",
            "choices": [{ "index": 0, "delta": { "content": format!(" token{number}") },
                          "finish_reason": null }],
        });
        exchange.push("", frame.to_string().as_bytes());
    }
    exchange.push("", b"[DONE]");
    let exchanges = vec![exchange; 4];
    per_item(4 * FRAMES, |_| api.decode(&exchanges).into_iter().collect::<Result<Vec<_>, _>>())
}

/// Microseconds an item, after one call that is not measured.
fn per_item<T>(
    items: u32,
    mut call: impl FnMut(u32) -> Result<T, PluginFailure>,
) -> Result<f64, Failure> {
    call(0)?;
    let start = clock::now();
    for batch in 1..=BATCHES {
        call(batch)?;
    }
    Ok((clock::now() - start) as f64 / 1e3 / f64::from(BATCHES * items))
}

/// What `make` makes, and the microseconds that it takes.
fn timed<T, E: Into<Failure>>(make: impl FnOnce() -> Result<T, E>) -> Result<(T, f64), Failure> {
    let start = clock::now();
    let made = make().map_err(Into::into)?;
    Ok((made, (clock::now() - start) as f64 / 1e3))
}
