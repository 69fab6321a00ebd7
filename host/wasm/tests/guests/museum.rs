//! Components of released contracts, as their toolchains built them: they load and work for ever.

use crate::archive::{component, folder};
use crate::exporters::Services;
use crate::harness::{TestHost, all, request};
use loadwright_core::conversation::Prompt;
use loadwright_core::export::{
    ExportEnd, ExportPoint, ExportRun, ExportSummary, Metric, MetricKind,
};
use loadwright_wasm::{DatasetServices, Kind, Plugin, Source};
use serde_json::{Value, json};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// A host with time for interpreters, and a cache that outlives the test: they take seconds to compile.
fn host() -> TestHost {
    TestHost::with(|config| {
        config.cache_dir = Some(Path::new(env!("CARGO_TARGET_TMPDIR")).join("plugins"));
        config.timeout = Duration::from_secs(60);
    })
}

/// What `configure` gets, with these settings of the plugin's own.
fn settings(own: &Value) -> Value {
    json!({
        "url": "http://h/",
        "generation": { "model": "m", "stream": true },
        "extra_args": {},
        "template": null,
        "prompt": "hello",
        "apply_chat_template": false,
        "settings": own,
    })
}

/// Settings with which each works; those of `lines_js` read a file.
fn own(name: &str) -> Value {
    match name {
        "days_py" => json!({ "question": "{days}" }),
        _ => json!({}),
    }
}

fn formats(name: &str, plugin: &Plugin) {
    let factory = plugin.api(&settings(&own(name))).unwrap();
    let plan = factory.plan().unwrap();
    assert!(plan.rules.iter().any(|rule| rule.at.ends_with("/finish_reason")), "{name}: {plan:?}");
    let mut formatted = factory.instance().unwrap().format(&[request("hello", Some(3))]);
    let sent = formatted.remove(0).unwrap().fill(&[]).unwrap();
    let body: Value = serde_json::from_slice(&sent.body).unwrap();
    assert_eq!(body["max_tokens"], 3, "{name}: {body}");
    assert!(body.to_string().contains("hello"), "{name}: {body}");
}

fn generates(name: &str, plugin: &Plugin, rows: &Path) {
    let files = vec![("dataset-path".into(), rows.to_path_buf())];
    let services = DatasetServices { files, ..DatasetServices::default() };
    let factory = plugin.dataset(&settings(&own(name)), services).unwrap();
    let items = all(factory.instance().unwrap().generate(1, 2));
    assert_eq!(items.len(), 2, "{name}");
    for item in items {
        let is_there = match &item.turns[0].prompt {
            Prompt::Text(text) => !text.is_empty(),
            Prompt::Messages(messages) => !messages.is_empty(),
            _ => false,
        };
        assert!(is_there, "{name}: {item:?}");
    }
}

/// One file with a head and a row.
fn exports(name: &str, plugin: &Plugin) {
    let services = Services::default();
    let reached = Arc::clone(&services.reached);
    let mut exporter = plugin.exporter(&settings(&json!({})), Box::new(services)).unwrap();
    let completed = Metric {
        name: "completed".into(),
        label: String::new(),
        unit: String::new(),
        kind: MetricKind::Counter,
    };
    let (points, summary_metrics) = (vec!["p".into()], vec![completed]);
    let run = ExportRun { points, summary_metrics, ..ExportRun::default() };
    exporter.begin(&run).unwrap();
    exporter.begin_point(&ExportPoint::default()).unwrap();
    let verdict = "valid".to_owned();
    let summary = ExportSummary { verdict, values: vec![Some(4.0)], ..Default::default() };
    exporter.end_point(0, &summary).unwrap();
    exporter.end(ExportEnd::Completed).unwrap();
    let text = String::from_utf8(reached.lock().unwrap().text.clone()).unwrap();
    assert_eq!(text, "index,point,verdict,completed\r\n0,p,valid,4.0\r\n", "{name}");
}

#[test]
fn every_component_loads_and_works() {
    let host = host();
    let rows = host.file("rows.jsonl", b"{\"text\":\"a\"}\n{\"text\":\"b\"}\n{\"text\":\"c\"}\n");
    let mut names: Vec<String> = std::fs::read_dir(folder())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    let wanted = [
        "chat_py",
        "completions_js",
        "csv_py",
        "days_py",
        "genai",
        "lines_js",
        "openai",
        "probe_js",
        "probe_sm",
        "prompt",
        "words_c.core",
        "words_c",
    ];
    assert_eq!(names, wanted.map(|name| format!("{name}.wasm")));
    for name in wanted {
        let path = component(&format!("{name}.wasm"));
        if name == "words_c.core" {
            // Its manifest is in `describe` alone.
            assert_eq!(open(&host, &path).name(), "words_c");
            continue;
        }
        let plugin = open(&host, &path);
        match plugin.kind() {
            Kind::Api => formats(name, &plugin),
            Kind::Dataset => generates(name, &plugin, &rows),
            Kind::Exporter => exports(name, &plugin),
            Kind::Conventions => {
                let shapes = plugin.conventions(&settings(&json!({}))).unwrap();
                assert!(!shapes.spans.is_empty() && !shapes.metrics.is_empty(), "{name}");
            }
        }
    }
}

fn open(host: &TestHost, path: &Path) -> Arc<Plugin> {
    Plugin::open(&host.host, Source::Path(path.into())).unwrap()
}
