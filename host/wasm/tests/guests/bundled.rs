//! The bundled plugins, and the fixtures that misbehave, as their toolchain built them.

use crate::harness::{TestHost, all};
use loadwright_core::conversation::{Message, Prompt};
use loadwright_core::ports::{
    Cause, DatasetFactory, Fault, PluginFailure, Synthesis, Synthesized, Tokenizer,
};
use loadwright_core::request::{PromptRequest, Template};
use loadwright_wasm::{DatasetServices, Kind, Plugin, Source, bundled};
use serde_json::{Value, json};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

fn open(host: &TestHost, name: &str) -> Arc<Plugin> {
    Plugin::open(&host.host, Source::Bundled(name.into())).unwrap()
}

fn api_settings(own: Value) -> Value {
    json!({
        "url": "http://h/v1/chat/completions",
        "generation": { "model": "m", "stream": true, "max_tokens": 9 },
        "extra_args": {},
        "template": null,
        "settings": own,
    })
}

fn hello() -> PromptRequest {
    let prompt = Prompt::Messages(vec![Message::text("user", "say \"hi\"")]);
    PromptRequest { max_tokens: Some(5), ..PromptRequest::new(prompt) }
}

fn body(answer: Result<Template, PluginFailure>) -> Value {
    let request = answer.unwrap().fill(&[]).unwrap();
    serde_json::from_slice(&request.body).unwrap()
}

#[test]
fn every_bundled_plugin_is_listed_without_being_compiled() {
    let host = TestHost::new();
    for one in bundled() {
        let plugin = open(&host, one.name);
        assert_eq!(plugin.name(), one.name);
        assert!(!plugin.summary().is_empty() && !plugin.version().is_empty());
        let kind = match one.name {
            "openai" => Kind::Api,
            "clearml" | "swanlab" | "wandb" => Kind::Exporter,
            "genai" => Kind::Conventions,
            _ => Kind::Dataset,
        };
        assert_eq!(plugin.kind(), kind);
    }
    let compiled = std::fs::read_dir(host.folder.path().join("cache/compiled-plugins")).unwrap();
    assert_eq!(compiled.count(), 0);
}

#[test]
fn openai_formats_a_chat_body_and_plans_its_reading() {
    let host = TestHost::new();
    let factory = open(&host, "openai").api(&api_settings(json!({}))).unwrap();
    let plan = factory.plan().unwrap();
    assert!(plan.done.contains(&"[DONE]".to_owned()));
    assert!(plan.rules.iter().any(|rule| rule.at == "/choices/*/delta/content"), "{plan:?}");
    let mut answers = factory.instance().unwrap().format(&[hello()]);
    assert_eq!(
        body(answers.remove(0)),
        json!({
            "model": "m",
            "messages": [{ "role": "user", "content": "say \"hi\"" }],
            "stream": true,
            "stream_options": { "include_usage": true },
            "max_tokens": 5,
        })
    );
}

#[test]
fn settings_that_a_bundled_plugin_does_not_have() {
    let host = TestHost::new();
    let settings = api_settings(json!({ "colour": 1 }));
    let error = open(&host, "openai").api(&settings).err().unwrap();
    assert_eq!(
        error.to_string(),
        "plugin `openai`: settings.colour: is unknown; the plugin takes no settings"
    );
}

#[test]
fn a_plugin_of_the_other_kind_is_named_with_its_flag() {
    let host = TestHost::new();
    let error = open(&host, "prompt").api(&json!({})).err().unwrap();
    assert_eq!(
        error.to_string(),
        "plugin `prompt` is a dataset, not an API plugin; choose it with --dataset"
    );
}

#[test]
fn prompt_repeats_its_prompt() {
    let host = TestHost::new();
    let settings = json!({ "prompt": "hi", "apply_chat_template": false });
    let factory = open(&host, "prompt").dataset(&settings, DatasetServices::default()).unwrap();
    let items = all(factory.instance().unwrap().generate(7, 2));
    assert_eq!(items.len(), 2);
    assert!(items.iter().all(|item| item.turns[0].prompt == Prompt::Text("hi".into())));
}

#[test]
fn line_by_line_reads_the_file_that_was_named() {
    let host = TestHost::new();
    let lines = "first\r\n\n[{\"role\":\"user\",\"content\":\"second\"}]\n{\"model\":\"x\"}";
    let path = host.file("lines.txt", lines.as_bytes());
    let services = DatasetServices { tokenizer: None, files: vec![("dataset-path".into(), path)] };
    let settings = json!({ "apply_chat_template": true });
    let factory = open(&host, "line_by_line").dataset(&settings, services).unwrap();
    let items = all(factory.instance().unwrap().generate(0, 8));
    let prompts: Vec<_> = items.into_iter().map(|mut item| item.turns.remove(0).prompt).collect();
    assert_eq!(
        prompts,
        [
            Prompt::Messages(vec![Message::text("user", "first")]),
            Prompt::Messages(vec![Message::text("user", "second")]),
            Prompt::Body("{\"model\":\"x\"}".into()),
        ]
    );
}

fn lines_of(host: &TestHost, lines: &[String]) -> Arc<dyn DatasetFactory> {
    let path = host.file("long.txt", lines.join("\n").as_bytes());
    let services = DatasetServices { tokenizer: None, files: vec![("dataset-path".into(), path)] };
    let settings = json!({ "apply_chat_template": false, "max_prompt_length": 64 << 20 });
    open(host, "line_by_line").dataset(&settings, services).unwrap()
}

#[test]
fn line_by_line_reads_long_lines_in_the_memory_of_a_small_plugin() {
    let host = TestHost::with(|config| config.timeout = Duration::from_secs(60));
    let lines: Vec<_> = (0..260).map(|n| format!("{n} {}", "x".repeat(277_000))).collect();
    let factory = lines_of(&host, &lines);
    let wanted = |n: usize| Prompt::Text(lines[n].clone());
    let items = all(factory.instance().unwrap().generate(0, 3));
    assert_eq!(items.len(), 3);
    let items = all(factory.instance().unwrap().generate(240, 32));
    assert_eq!(items.len(), 20);
    assert!(items.iter().zip(240..).all(|(item, n)| item.turns[0].prompt == wanted(n)));
    assert_eq!(factory.restarts(), 0);
}

#[test]
fn a_batch_of_lines_beyond_the_memory_is_made_line_by_line() {
    let host = TestHost::with(|config| config.timeout = Duration::from_secs(60));
    let mut lines: Vec<_> = (0..30).map(|n| format!("{n} {}", "x".repeat(3 << 20))).collect();
    lines.push("x".repeat(17 << 20));
    lines.push("last".into());
    let factory = lines_of(&host, &lines);
    let mut dataset = factory.instance().unwrap();
    assert_eq!(dataset.generate(0, 30).unwrap().len(), 30);
    let text = dataset.generate(30, 1).unwrap().remove(0).unwrap_err().to_string();
    let said = "line 31 of `dataset-path` is longer than 16 MiB, a quarter of the plugin's memory; \
                raise --plugin-memory";
    assert!(text.ends_with(said), "{text}");
    let items = all(dataset.generate(31, 2));
    assert_eq!(items.len(), 1);
    assert_eq!(items[0].turns[0].prompt, Prompt::Text("last".into()));
    assert_eq!(factory.restarts(), 1);
}

#[test]
fn the_largest_pictures_fit_the_memory_that_random_vl_asks_for() {
    let host = TestHost::with(|config| config.timeout = Duration::from_secs(60));
    for (side, images, count) in [(4096, 1, 1), (1024, 4, 4)] {
        let settings = json!({
            "min_prompt_length": 2, "max_prompt_length": 2,
            "image_width": side, "image_height": side, "image_num": images,
        });
        let services = DatasetServices { tokenizer: Some(Arc::new(Even)), files: Vec::new() };
        let factory = open(&host, "random_vl").dataset(&settings, services).unwrap();
        let items = all(factory.instance().unwrap().generate(0, count));
        assert_eq!(items.len(), count as usize);
        let pixels = f64::from(side * side);
        for content in items.iter().flat_map(|item| &item.turns[0].media) {
            let share = content.bytes.len() as f64 / pixels;
            assert!((1.5..2.5).contains(&share), "{share} bytes a pixel");
        }
        assert_eq!(factory.restarts(), 0);
    }
}

/// One token per byte; texts of an odd number of tokens come out one too long.
struct Even;

impl Tokenizer for Even {
    fn encode(&self, text: &str) -> Result<Vec<u32>, Fault> {
        Ok(text.bytes().map(u32::from).collect())
    }

    fn encode_prompt(&self, text: &str) -> Result<Vec<u32>, Fault> {
        self.encode(text)
    }

    fn decode(&self, _: &[u32]) -> Result<String, Fault> {
        unreachable!("random requests texts, not ids")
    }

    fn count_text(&self, text: &str) -> Result<u32, Fault> {
        Ok(text.len() as u32)
    }

    fn count_chat(&self, messages: &[Message]) -> Result<u32, Fault> {
        Ok(messages.len() as u32)
    }

    fn truncate(&self, text: &str, tokens: u32) -> Result<String, Fault> {
        Ok(text[..tokens as usize].to_owned())
    }

    fn synthesize(&self, request: &Synthesis<'_>) -> Result<Synthesized, Fault> {
        let tokens = request.tokens.next_multiple_of(2);
        Ok(Synthesized { text: "x".repeat(tokens as usize), tokens })
    }
}

#[test]
fn prompts_that_are_not_as_long_as_asked_are_counted() {
    let host = TestHost::new();
    let made = |length: u32| {
        let settings = json!({ "min_prompt_length": length, "max_prompt_length": length });
        let services = DatasetServices { tokenizer: Some(Arc::new(Even)), files: Vec::new() };
        let factory = open(&host, "random").dataset(&settings, services).unwrap();
        assert_eq!(factory.inexact_prompts(), 0);
        for first in [0, 5] {
            let items = all(factory.instance().unwrap().generate(first, 5));
            assert_eq!(items[0].turns[0].input_tokens, Some(length.next_multiple_of(2)));
        }
        factory.inexact_prompts()
    };
    assert_eq!(made(8), 0);
    assert_eq!(made(9), 10);
}

fn fixture(host: &TestHost, name: &str) -> Result<Arc<Plugin>, String> {
    let dist = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../plugins/fixtures/dist");
    let path = dist.join(format!("{name}.wasm"));
    Plugin::open(&host.host, Source::Path(path)).map_err(|error| error.to_string())
}

/// What the fixture does when it formats a request that contains the word `trap`.
fn misbehaves(host: &TestHost, name: &str) -> PluginFailure {
    let settings = api_settings(json!({}));
    let factory = fixture(host, name).unwrap().api(&settings).unwrap();
    let word = PromptRequest { prompt: Prompt::Text("a trap".into()), ..hello() };
    let failure = factory.instance().unwrap().format(&[word]).remove(0).unwrap_err();
    assert_eq!((failure.plugin.as_str(), failure.call.as_str()), (name, "format"));
    failure
}

#[test]
fn fixtures_are_stopped_and_named() {
    assert_eq!(misbehaves(&TestHost::new(), "spin").cause, Cause::TimeLimit(0.3));
    // A long limit, so that on a busy machine these still end by themselves.
    let patient = TestHost::with(|config| config.timeout = Duration::from_secs(60));
    let trap = misbehaves(&patient, "trap");
    assert!(matches!(trap.cause, Cause::Trap(_)), "{trap}");
    assert_eq!(misbehaves(&patient, "hog").cause, Cause::MemoryLimit(64));
}

#[test]
fn fixtures_of_another_contract_and_another_form() {
    let host = TestHost::new();
    let future = fixture(&host, "future").err().unwrap();
    assert!(future.contains("of the contract"), "{future}");
    assert!(future.contains("this program supports 0.1"), "{future}");
    assert!(future.contains("use a newer loadwright"), "{future}");
    // A core module as cargo builds it.
    let core = fixture(&host, "core").unwrap();
    let settings = json!({ "prompt": "hi" });
    let factory = core.dataset(&settings, DatasetServices::default()).unwrap();
    assert_eq!(factory.instance().unwrap().generate(0, 1).unwrap().len(), 1);
}
