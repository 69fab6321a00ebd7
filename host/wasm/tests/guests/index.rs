//! A dataset with an index: built once, whichever instance is first, and loaded by all others.

use crate::harness::{TestHost, all};
use loadwright_core::conversation::Prompt;
use loadwright_core::ports::{Cause, DatasetFactory, Fault};
use loadwright_wasm::{DatasetServices, OpenError, Plugin, Source};
use serde_json::{Value, json};
use std::path::Path;
use std::sync::Arc;

fn dataset(host: &TestHost, own: &Value) -> Result<Arc<dyn DatasetFactory>, OpenError> {
    let file =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../plugins/fixtures/dist/indexed.wasm");
    let plugin = Plugin::open(&host.host, Source::Path(file)).unwrap();
    plugin.dataset(&json!({ "settings": own }), DatasetServices::default())
}

/// How the instance that generates came to its index.
fn origin(factory: &dyn DatasetFactory) -> String {
    let mut instance = factory.instance().unwrap();
    let item = all(instance.generate(7, 1)).remove(0);
    // Not given back, so that the next instance is a new one.
    std::mem::forget(instance);
    match &item.turns[0].prompt {
        Prompt::Text(text) => text.clone(),
        other => panic!("{other:?}"),
    }
}

fn builds(host: &TestHost) -> usize {
    let lines = host.lines.lock().unwrap();
    lines.iter().filter(|(_, _, text)| text == "building the index").count()
}

#[test]
fn an_index_is_built_once_and_loaded_by_all_others() {
    let host = TestHost::new();
    let factory = dataset(&host, &json!({})).unwrap();
    let origins: Vec<String> = (0..3).map(|_| origin(&*factory)).collect();
    assert_eq!(origins, ["item 7 built", "item 7 loaded", "item 7 loaded"]);
    assert_eq!(builds(&host), 1);
}

#[test]
fn threads_that_need_the_index_wait_for_the_one_that_builds() {
    let host = TestHost::new();
    let factory = dataset(&host, &json!({})).unwrap();
    let mut origins: Vec<String> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..4).map(|_| scope.spawn(|| origin(&*factory))).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    origins.sort();
    assert_eq!(origins[0], "item 7 built");
    assert!(origins[1..].iter().all(|origin| origin == "item 7 loaded"), "{origins:?}");
    assert_eq!(builds(&host), 1);
}

#[test]
fn an_index_that_is_refused_fails_with_the_plugin_and_the_call() {
    let host = TestHost::new();
    let factory = dataset(&host, &json!({ "refuse": true })).unwrap();
    assert_eq!(origin(&*factory), "item 7 built");
    let failure = factory.instance().err().unwrap();
    assert_eq!((&*failure.plugin, &*failure.call), ("indexed", "load"));
    assert_eq!(failure.cause, Cause::Fault(Fault::Input("the index is not mine".into())));
}

#[test]
fn an_index_may_take_longer_than_other_calls() {
    let host = TestHost::new();
    let factory = dataset(&host, &json!({ "slow": true })).unwrap();
    assert_eq!(origin(&*factory), "item 7 built");
}
