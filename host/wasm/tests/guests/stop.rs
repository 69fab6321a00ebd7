//! Calls end when the run is stopped, whatever they do, and do not count as lost instances; only
//! replies that were received are still decoded.

use crate::harness::{Counts, TestHost, request};
use loadwright_core::ports::{Cause, DatasetFactory, Fault, PluginFailure, Tokenizer};
use loadwright_core::reading::Exchange;
use loadwright_core::stop::StopFlag;
use loadwright_wasm::DatasetServices;
use serde_json::json;
use std::sync::Arc;
use std::time::Duration;

/// A host without an effective time limit, whose calls `stop` ends.
fn host(stop: &StopFlag, raise_on_log: bool) -> TestHost {
    TestHost::with(|config| {
        config.timeout = Duration::from_secs(3600);
        config.stop = stop.clone();
        let raised = stop.clone();
        config.log = Arc::new(move |_, _, _| {
            if raise_on_log {
                raised.raise();
            }
        });
    })
}

fn dataset(host: &TestHost, tokenizer: Option<Arc<dyn Tokenizer>>) -> Arc<dyn DatasetFactory> {
    let services = DatasetServices { tokenizer, files: Vec::new() };
    host.scripted_dataset().dataset(&json!({}), services).unwrap()
}

#[test]
fn a_guest_that_runs_is_stopped() {
    let stop = StopFlag::default();
    let host = host(&stop, true);
    let factory = dataset(&host, None);
    // It logs a line, which raises the flag, and then spins.
    let failure = factory.instance().unwrap().generate(34, 1).unwrap_err();
    assert_eq!(failure.cause, Cause::Stopped);
    assert_eq!(factory.restarts(), 0, "it does not count as lost");
}

#[test]
fn after_a_stop_nothing_is_called_but_decode() {
    let stop = StopFlag::default();
    let host = host(&stop, false);
    let factory = dataset(&host, None);
    let mut dataset = factory.instance().unwrap();
    assert_eq!(dataset.generate(0, 2).unwrap().len(), 2);
    let mut api = host.scripted_api().api(&json!({})).unwrap().instance().unwrap();
    stop.raise();
    let failure = dataset.generate(0, 2).unwrap_err();
    assert_eq!(failure.to_string(), "plugin `scripted` failed in generate: the run was stopped");
    let failure = api.format(&[request("a", None)]).remove(0).unwrap_err();
    assert_eq!(failure.cause, Cause::Stopped);
    let mut exchange = Exchange { status: 200, ..Exchange::default() };
    exchange.push("", b"read");
    let fault = api.decode(&[exchange]).remove(0).unwrap_err();
    assert_eq!(fault.cause, Cause::Fault(Fault::Unsupported("read".into())));
}

#[test]
fn a_guest_that_waits_for_the_host_is_stopped() {
    let stop = StopFlag::default();
    let host = host(&stop, false);
    let raised = stop.clone();
    let count = move |_: &str| {
        raised.raise();
        1
    };
    let factory = dataset(&host, Some(Arc::new(Counts(count))));
    let failure: PluginFailure = factory.instance().unwrap().generate(21, 1).unwrap_err();
    assert_eq!(failure.cause, Cause::Stopped);
}
