//! Builds guests from WebAssembly text, and hosts that run them.

use loadwright_core::conversation::{Conversation, Message, Prompt};
use loadwright_core::ports::{Fault, PluginFailure, Synthesis, Synthesized, Tokenizer};
use loadwright_core::request::PromptRequest;
use loadwright_core::stop::StopFlag;
use loadwright_wasm::{Host, HostConfig, Level, Plugin, Source};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tempfile::TempDir;
use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};
use wit_parser::Resolve;

/// The world of the scripted API plugin.
const API: &str = "
    package test:scripted;
    world scripted {
        import loadwright:plugin/log@0.1.0;
        export loadwright:plugin/plugin@0.1.0;
        export loadwright:plugin/api@0.1.0;
    }
";

/// The world of the scripted dataset: every import of the contract that it uses.
const DATASET: &str = "
    package test:scripted;
    world scripted {
        import loadwright:plugin/log@0.1.0;
        import loadwright:plugin/random@0.1.0;
        import loadwright:plugin/tokenizer@0.1.0;
        import loadwright:plugin/files@0.1.0;
        export loadwright:plugin/plugin@0.1.0;
        export loadwright:plugin/dataset@0.1.0;
    }
";

const API_IMPORTS: &str = r#"
  (import "loadwright:plugin/log@0.1.0" "write" (func $log (param i32 i32 i32)))
  (func $leak)
"#;

const DATASET_IMPORTS: &str = r#"
  (import "loadwright:plugin/log@0.1.0" "write" (func $log (param i32 i32 i32)))
  (import "loadwright:plugin/random@0.1.0" "fill" (func $fill (param i32 i32 i32 i32 i32)))
  (import "loadwright:plugin/tokenizer@0.1.0" "count" (func $count (param i32 i32 i32 i32)))
  (import "loadwright:plugin/files@0.1.0" "lines" (func $lines (param i32 i32 i32 i32 i32)))
"#;

/// The scripted guests, as text behind their imports.
pub(crate) const SCRIPTED_API: &str =
    concat!(include_str!("scripted/common.wat"), include_str!("scripted/api.wat"));
pub(crate) const SCRIPTED_DATASET: &str =
    concat!(include_str!("scripted/common.wat"), include_str!("scripted/dataset.wat"));

/// A core module with its interfaces' types embedded, as wit-bindgen embeds them.
pub(crate) fn module(wat: &str, world: &str) -> Vec<u8> {
    let contract = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../wit");
    let mut resolve = Resolve::default();
    resolve.push_path(contract).unwrap();
    embedded(wat, resolve, world)
}

/// A core module with the types of the only world in `wit`, which holds every package.
pub(crate) fn typed(wat: &str, wit: &str) -> Vec<u8> {
    embedded(wat, Resolve::default(), wit)
}

fn embedded(wat: &str, mut resolve: Resolve, wit: &str) -> Vec<u8> {
    let package = resolve.push_str("world.wit", wit).unwrap();
    let world = resolve.select_world(&[package], None).unwrap();
    let mut module = wat::parse_str(wat).unwrap();
    embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8).unwrap();
    module
}

/// The scripted API plugin as a core module.
pub(crate) fn scripted_module() -> Vec<u8> {
    module(&format!("(module {API_IMPORTS} {SCRIPTED_API})"), API)
}

/// The scripted API plugin as a component.
pub(crate) fn scripted_api() -> Vec<u8> {
    encoded(&scripted_module())
}

/// A component made of a core module.
pub(crate) fn encoded(module: &[u8]) -> Vec<u8> {
    ComponentEncoder::default().validate(true).module(module).unwrap().encode().unwrap()
}

/// A host and the lines it logged.
pub(crate) struct TestHost {
    pub(crate) host: Arc<Host>,
    pub(crate) lines: Arc<Mutex<Vec<(String, Level, String)>>>,
    pub(crate) folder: TempDir,
}

impl TestHost {
    /// A host with the seed and the limits of the tests, and a cache in its folder.
    pub(crate) fn new() -> Self {
        Self::with(|_| {})
    }

    pub(crate) fn with(change: impl FnOnce(&mut HostConfig)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let lines = Arc::new(Mutex::new(Vec::new()));
        let log = Arc::clone(&lines);
        let mut config = HostConfig {
            cache_dir: Some(folder.path().join("cache")),
            memory: None,
            output: 128 << 20,
            timeout: Duration::from_millis(300),
            host_time: Duration::from_secs(5),
            seed: 7,
            notice: Arc::new(|_: &str| ()),
            stop: StopFlag::default(),
            log: Arc::new(move |plugin, level, text| {
                log.lock().unwrap().push((plugin.into(), level, text.into()));
            }),
        };
        change(&mut config);
        Self { host: Host::new(config).unwrap(), lines, folder }
    }

    pub(crate) fn file(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path
    }

    /// A plugin of these bytes.
    pub(crate) fn open(&self, name: &str, bytes: &[u8]) -> Arc<Plugin> {
        let path = self.file(name, bytes);
        Plugin::open(&self.host, Source::Path(path)).unwrap()
    }

    pub(crate) fn scripted_api(&self) -> Arc<Plugin> {
        self.open("scripted_api.wasm", &scripted_api())
    }

    pub(crate) fn scripted_dataset(&self) -> Arc<Plugin> {
        let text = format!("(module {DATASET_IMPORTS} {SCRIPTED_DATASET})");
        self.open("scripted_dataset.wasm", &encoded(&module(&text, DATASET)))
    }
}

/// A request with a text, and `max_tokens` that tell the scripted guest what to do.
pub(crate) fn request(text: &str, max_tokens: Option<u32>) -> PromptRequest {
    PromptRequest { max_tokens, ..PromptRequest::new(Prompt::Text(text.into())) }
}

/// The items of a batch, none of which failed.
pub(crate) fn all(
    batch: Result<Vec<Result<Conversation, PluginFailure>>, PluginFailure>,
) -> Vec<Conversation> {
    batch.unwrap().into_iter().map(Result::unwrap).collect()
}

/// A tokenizer that counts texts as it is told to, and does nothing else.
pub(crate) struct Counts<F>(pub(crate) F);

impl<F: Fn(&str) -> u32 + Send + Sync> Tokenizer for Counts<F> {
    fn encode(&self, _: &str) -> Result<Vec<u32>, Fault> {
        unreachable!("only counts are asked for")
    }

    fn encode_prompt(&self, _: &str) -> Result<Vec<u32>, Fault> {
        unreachable!("only counts are asked for")
    }

    fn decode(&self, _: &[u32]) -> Result<String, Fault> {
        unreachable!("only counts are asked for")
    }

    fn count_text(&self, text: &str) -> Result<u32, Fault> {
        Ok(self.0(text))
    }

    fn count_chat(&self, _: &[Message]) -> Result<u32, Fault> {
        unreachable!("only texts are counted")
    }

    fn truncate(&self, _: &str, _: u32) -> Result<String, Fault> {
        unreachable!("only counts are asked for")
    }

    fn synthesize(&self, _: &Synthesis<'_>) -> Result<Synthesized, Fault> {
        unreachable!("only counts are asked for")
    }
}
