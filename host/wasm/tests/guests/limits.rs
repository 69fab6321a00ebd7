//! Guests that take too much, of anything: each is ended by a limit with a cause of its own, and the
//! next call works.

use crate::harness::{Counts, TestHost, request};
use loadwright_core::ports::{Api, Cause, DatasetFactory, Fault, PluginFailure};
use loadwright_wasm::{DatasetServices, Kind, Level, OpenError};
use serde_json::json;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::time::Duration;

fn api(host: &TestHost) -> Box<dyn Api> {
    host.scripted_api().api(&json!({})).unwrap().instance().unwrap()
}

/// How a request ends that tells the scripted guest to do `what`; another succeeds beside it.
fn failure(host: &TestHost, what: u32) -> PluginFailure {
    let mut answers = api(host).format(&[request("a", Some(what)), request("b", None)]);
    assert!(answers.pop().unwrap().is_ok());
    answers.pop().unwrap().unwrap_err()
}

#[test]
fn deep_recursion_is_a_trap() {
    let Cause::Trap(text) = failure(&TestHost::new(), 6).cause else { panic!("a trap") };
    assert!(text.starts_with("wasm trap: call stack exhausted\n  in recurse"), "{text}");
    assert!(text.len() < 1000, "{text}");
}

#[test]
fn a_result_too_many_is_a_breach_of_the_contract() {
    let text = failure(&TestHost::new(), 7).to_string();
    let said = "plugin `scripted` failed in format: it returned 2 results for 1 items";
    assert_eq!(text, said);
}

#[test]
fn output_has_a_limit_of_its_own_and_batches_are_halved() {
    let host = TestHost::with(|config| config.timeout = Duration::from_secs(60));
    let factory = host.scripted_api().api(&json!({})).unwrap();
    let mut api = factory.instance().unwrap();
    let requests: Vec<_> = (0..16).map(|n| request("a", (n == 9).then_some(8))).collect();
    let answers = api.format(&requests);
    for (n, answer) in answers.iter().enumerate() {
        assert_eq!(answer.is_err(), n == 9);
    }
    assert_eq!(
        answers[9].as_ref().unwrap_err().to_string(),
        "plugin `scripted` failed in format: it gave more than 128 MiB in one call; raise \
         --plugin-output or fix the plugin"
    );
    // 16, 8, 4 and 2 at once; then alone, once more on a fresh instance.
    assert!(factory.restarts() <= 6, "{}", factory.restarts());
    let lost = factory.restarts();
    for _ in 0..10 {
        assert!(api.format(&[request("a", None), request("b", None)]).iter().all(Result::is_ok));
    }
    assert_eq!(factory.restarts(), lost);

    let roomy = TestHost::with(|config| {
        config.output = 512 << 20;
        config.timeout = Duration::from_secs(60);
    });
    assert!(self::api(&roomy).format(&[request("a", Some(8))])[0].is_ok());
}

#[test]
fn endless_calls_of_the_host_end() {
    let host = TestHost::with(|config| {
        config.timeout = Duration::from_secs(3600);
        config.host_time = Duration::from_millis(50);
    });
    let failure = failure(&host, 9);
    assert_eq!(
        failure.to_string(),
        "plugin `scripted` failed in format: the host worked on its calls for more than 0.05 s; \
         raise --plugin-timeout or fix the plugin"
    );
}

#[test]
fn hostile_faults_are_clipped() {
    let failure = failure(&TestHost::new(), 10);
    let Cause::Fault(Fault::Input(text)) = failure.cause else { panic!("a fault: {failure}") };
    assert!(text.starts_with("\u{1b}[2J\r\nforged: xxx"), "{}", &text[..40]);
    assert!(text.len() < 4200);
    assert!(text.contains("bytes left out"));
}

#[test]
fn a_flood_of_log_lines_leaves_errors_their_share() {
    let host = TestHost::with(|config| config.timeout = Duration::from_secs(60));
    let factory = host.scripted_api().api(&json!({})).unwrap();
    let mut api = factory.instance().unwrap();
    for _ in 0..10 {
        assert!(api.format(&[request("a", Some(11))])[0].is_ok());
    }
    let lines = host.lines.lock().unwrap();
    let bytes: usize = lines.iter().map(|(_, _, text)| text.len()).sum();
    assert!(bytes < 300 << 10, "{bytes}");
    let errors = lines.iter().filter(|(_, level, _)| *level == Level::Error).count();
    assert_eq!(errors, 10);
    let told = lines.iter().filter(|(_, _, text)| text.ends_with("further lines are not shown"));
    assert_eq!(told.count(), 1);
}

fn dataset(host: &TestHost, count: impl Fn(&str) -> u32 + Send + Sync + 'static) -> Dataset {
    let services = DatasetServices { tokenizer: Some(Arc::new(Counts(count))), files: Vec::new() };
    host.scripted_dataset().dataset(&json!({ "url": "x".repeat(600) }), services)
}

type Dataset = Result<Arc<dyn DatasetFactory>, OpenError>;

fn item(factory: &dyn DatasetFactory, index: u32) -> Option<Cause> {
    let item = factory.instance().unwrap().generate(index, 1).unwrap().remove(0);
    item.err().map(|failure| failure.cause)
}

#[test]
fn a_loop_of_tokenizer_calls_ends() {
    let host = TestHost::with(|config| {
        config.timeout = Duration::from_secs(3600);
        config.host_time = Duration::from_millis(50);
    });
    let factory = dataset(&host, |_| 1).unwrap();
    assert_eq!(item(&*factory, 23), Some(Cause::HostTimeLimit(0.05)));
    assert_eq!(item(&*factory, 21), None);
}

#[test]
fn the_tokenizer_takes_texts_up_to_a_size() {
    let host = TestHost::with(|config| config.timeout = Duration::from_secs(60));
    let factory = dataset(&host, |text| u32::try_from(text.len()).unwrap()).unwrap();
    let said = "a text of 33554432 bytes; the tokenizer takes 4 MiB in one call";
    assert_eq!(item(&*factory, 24), Some(Cause::Fault(Fault::Unsupported(said.into()))));
    assert_eq!(factory.restarts(), 0);
}

#[test]
fn times_that_are_none_are_refused() {
    let host = TestHost::new();
    let factory = dataset(&host, |_| 1).unwrap();
    for (index, value) in [(25, "NaN"), (26, "1e300"), (27, "1e18")] {
        let said = format!("the pause of turn 0 is {value} s; it must be from 0 to 315360000 s");
        assert_eq!(item(&*factory, index), Some(Cause::Contract(said)));
    }
}

#[test]
fn an_instance_that_traps_in_configure_again_is_lost_too() {
    let host = TestHost::new();
    let calls = AtomicU32::new(0);
    // The first instance is configured; its replacements trap.
    let factory = dataset(&host, move |_| calls.fetch_add(1, Relaxed) * 1000).unwrap();
    let mut dataset = factory.instance().unwrap();
    let failure = dataset.generate(13, 1).unwrap().remove(0).unwrap_err();
    assert_eq!(failure.call, "generate of item 13");
    assert_eq!(factory.restarts(), 1);
    for lost in 2..1001 {
        let failure = dataset.generate(0, 1).unwrap().remove(0).unwrap_err();
        assert_eq!(failure.call, "configure", "{failure}");
        assert_eq!(factory.restarts(), lost);
    }
    let failure = dataset.generate(0, 1).unwrap().remove(0).unwrap_err();
    let text = failure.to_string();
    assert!(text.contains("it lost 1000 instances and "), "{text}");
    assert!(text.ends_with("to traps and limits, and is not started again"), "{text}");
    assert_eq!(factory.restarts(), 1000);
}

#[test]
fn an_instance_that_traps_in_configure_at_first_is_an_error_before_the_run() {
    let text = dataset(&TestHost::new(), |_| 1000).err().unwrap().to_string();
    assert!(text.starts_with("plugin `scripted` failed in configure: it trapped"), "{text}");
}

/// The error of calling `describe` of a component made of this core module.
fn start(module: &str) -> String {
    let host = TestHost::new();
    let text = format!("(module {API_EXPORTS} {module})");
    let bytes = crate::harness::module(&text, API);
    let path = host.file("plugin.wasm", &bytes);
    let source = loadwright_wasm::Source::Path(path);
    let plugin = loadwright_wasm::Plugin::open(&host.host, source);
    plugin.err().unwrap().to_string().split_once("plugin.wasm: ").unwrap().1.to_owned()
}

const API: &str = "
    package test:start;
    world start {
        export loadwright:plugin/plugin@0.1.0;
        export loadwright:plugin/api@0.1.0;
    }
";

/// An API plugin that traps whatever is called.
const API_EXPORTS: &str = r#"
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) unreachable)
  (func (export "loadwright:plugin/plugin@0.1.0#describe") (result i32) unreachable)
  (func (export "loadwright:plugin/plugin@0.1.0#configure") (param i32 i32) (result i32)
    unreachable)
  (func (export "loadwright:plugin/api@0.1.0#plan") (result i32) unreachable)
  (func (export "loadwright:plugin/api@0.1.0#format") (param i32 i32) (result i32) unreachable)
  (func (export "loadwright:plugin/api@0.1.0#decode") (param i32 i32) (result i32) unreachable)
"#;

#[test]
fn memories_and_tables_are_counted_and_summed() {
    let memory = "(memory (export \"memory\") 1)";
    let many = |what: &str, count: usize| format!("{memory}{}", what.repeat(count));
    assert_eq!(
        start(&many("(memory 1)", 16)),
        "makes 17 memories, but a plugin may have 16; build it with fewer"
    );
    // Each is small; all of them together are 300 MiB, where 256 are the most.
    let said = start(&many("(memory 400)", 12));
    assert!(said.contains("it needs more than 256 MiB of memory"), "{said}");
    let said = start(&many("(table 30000 funcref)", 4));
    assert!(said.contains("its tables need more elements than a plugin may have"), "{said}");
}

#[test]
fn a_trap_at_the_start_and_in_describe() {
    let memory = "(memory (export \"memory\") 1)";
    let said = start(&format!("{memory} (func $start unreachable) (start $start)"));
    assert!(
        said.starts_with(
            "has no manifest section, and calling `describe` failed: plugin `plugin` failed in \
             instantiation: it trapped: wasm trap: wasm `unreachable` instruction executed"
        ),
        "{said}"
    );
    let said = start(memory);
    assert!(said.contains("plugin `plugin` failed in describe: it trapped"), "{said}");
}

#[test]
fn memory_comes_back_from_plugins_that_were_lost() {
    let host = TestHost::new();
    let factory = host.scripted_api().api(&json!({})).unwrap();
    let resident = || {
        let statm = std::fs::read_to_string("/proc/self/statm").unwrap();
        statm.split(' ').nth(1).unwrap().parse::<u64>().unwrap() * 4096
    };
    let mut api = factory.instance().unwrap();
    let mut hog = |rounds| {
        for _ in 0..rounds {
            assert!(api.format(&[request("a", Some(3))])[0].is_err());
        }
    };
    hog(5);
    let before = resident();
    hog(200);
    // A lost instance of the scripted guest holds at least its 128 KiB.
    let grown = resident().saturating_sub(before);
    assert!(grown < 200 * (64 << 10), "{grown} bytes");
    assert_eq!(host.scripted_api().kind(), Kind::Api);
}
