//! Measures what a plugin costs: `plugin_speed PATH|BUNDLED-NAME [CACHE-FOLDER]`.
//!
//! Prints the time to open it, to compile it or load it from the cache, to create an instance, and
//! to format or generate one item in batches of 64.
#![expect(clippy::print_stdout, clippy::disallowed_methods, reason = "it measures and prints")]

use loadwright_core::conversation::{Message, Prompt};
use loadwright_core::request::PromptRequest;
use loadwright_core::stop::StopFlag;
use loadwright_wasm::{DatasetServices, Host, HostConfig, Kind, Plugin, Source, bundled};
use serde_json::{Value, json};
use std::error::Error;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

const BATCH: usize = 64;
const BATCHES: u32 = 200;
const PROMPT_BYTES: usize = 4096;

fn main() -> Result<(), Box<dyn Error>> {
    let mut args = std::env::args().skip(1);
    let name = args.next().ok_or("give a component's path, or a bundled plugin's name")?;
    let source = if bundled().iter().any(|bundled| bundled.name == name) {
        Source::Bundled(name)
    } else {
        Source::Path(PathBuf::from(name))
    };
    let cache = args.next().map_or_else(std::env::temp_dir, PathBuf::from);
    let cache = cache.join(format!("plugin-speed-{}", std::process::id()));
    for round in ["compiled", "from the cache"] {
        let host = host(&cache)?;
        let began = Instant::now();
        let plugin = Plugin::open(&host, source.clone())?;
        let opened = began.elapsed();
        let durations = measure(&plugin)?;
        let factory = durations.factory;
        println!("{} {round}: open {opened:?}, first factory {factory:?}", plugin.name());
        println!("  instance {:?}, one item {:?}", durations.instance, durations.item);
    }
    std::fs::remove_dir_all(cache)?;
    Ok(())
}

fn host(cache: &Path) -> Result<Arc<Host>, Box<dyn Error>> {
    Ok(Host::new(HostConfig {
        cache_dir: Some(cache.into()),
        memory: None,
        output: 128 << 20,
        timeout: Duration::from_secs(5),
        host_time: Duration::from_secs(20),
        seed: 1,
        log: Arc::new(|plugin, level, text| println!("{plugin} {level:?}: {text}")),
        notice: Arc::new(|text: &str| println!("{text}")),
        stop: StopFlag::default(),
    })?)
}

struct Durations {
    factory: Duration,
    instance: Duration,
    item: Duration,
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

fn measure(plugin: &Plugin) -> Result<Durations, Box<dyn Error>> {
    let began = Instant::now();
    if plugin.kinds().contains(&Kind::Api) {
        let factory = plugin.api(&settings())?;
        let made = began.elapsed();
        let (mut api, instance) = timed(|| factory.instance())?;
        let requests = vec![request(); BATCH];
        let item = per_item(|_| api.format(&requests).into_iter().collect::<Result<Vec<_>, _>>())?;
        return Ok(Durations { factory: made, instance, item });
    }
    let factory = plugin.dataset(&settings(), DatasetServices::default())?;
    let made = began.elapsed();
    let (mut dataset, instance) = timed(|| factory.instance())?;
    let first = dataset.generate(0, 1)?;
    println!("  first item: {first:?}");
    let item = per_item(|batch| dataset.generate(batch * BATCH as u32, BATCH as u32))?;
    Ok(Durations { factory: made, instance, item })
}

fn request() -> PromptRequest {
    let message = Message::text("user", "lorem ipsum ".repeat(PROMPT_BYTES / 12));
    let prompt = Prompt::Messages(vec![message]);
    PromptRequest::new(prompt)
}

fn timed<T, E>(make: impl FnOnce() -> Result<T, E>) -> Result<(T, Duration), E> {
    let began = Instant::now();
    let made = make()?;
    Ok((made, began.elapsed()))
}

fn per_item<T, E>(mut batch: impl FnMut(u32) -> Result<T, E>) -> Result<Duration, E> {
    let began = Instant::now();
    for index in 0..BATCHES {
        batch(index)?;
    }
    Ok(began.elapsed() / (BATCHES * BATCH as u32))
}
