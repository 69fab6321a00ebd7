//! Calls into datasets end when the run is stopped, whatever they do, and cost no instance.

use crate::craft::{Bench, ask};
use loadwright_core::conversation::Message;
use loadwright_core::ports::{
    Cause, DatasetFactory, Fault, PluginFailure, Synthesis, Synthesized, Tokenizer,
};
use loadwright_core::stop::StopFlag;
use loadwright_wasm::DatasetServices;
use serde_json::json;
use std::sync::Arc;
use std::time::Duration;

/// A host whose calls have all the time in the world, and the flag that stops them.
fn bench(stop: &StopFlag, raise_on_log: bool) -> Bench {
    Bench::with(|config| {
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

fn dataset(bench: &Bench, tokenizer: Option<Arc<dyn Tokenizer>>) -> Arc<dyn DatasetFactory> {
    let services = DatasetServices { tokenizer, files: Vec::new() };
    bench.crafted().dataset(&json!({}), services).unwrap()
}

#[test]
fn a_guest_that_runs_is_stopped() {
    let stop = StopFlag::default();
    let bench = bench(&stop, true);
    let factory = dataset(&bench, None);
    // Its log line is written, and then it spins until the flag that line raised ends it.
    let failure = factory.instance().unwrap().generate(34, 1).unwrap_err();
    assert_eq!(failure.cause, Cause::Stopped);
    assert_eq!(factory.restarts(), 0, "it was not lost");
}

#[test]
fn nothing_is_called_after_a_stop_but_what_reads_replies() {
    let stop = StopFlag::default();
    let bench = bench(&stop, false);
    let factory = dataset(&bench, None);
    let mut dataset = factory.instance().unwrap();
    assert_eq!(dataset.generate(0, 2).unwrap().len(), 2);
    let mut protocol = bench.crafted().protocol(&json!({})).unwrap().instance().unwrap();
    stop.raise();
    let failure = dataset.generate(0, 2).unwrap_err();
    assert_eq!(failure.to_string(), "plugin `crafted` failed in generate: the run was stopped");
    assert!(protocol.format(&[ask("a", None)])[0].is_ok());
}

/// Is asked once, and is stopped while it works.
struct Interrupted(StopFlag);

impl Tokenizer for Interrupted {
    fn encode(&self, _: &str) -> Result<Vec<u32>, Fault> {
        unreachable!("only counts are asked for")
    }

    fn encode_prompt(&self, _: &str) -> Result<Vec<u32>, Fault> {
        unreachable!("only counts are asked for")
    }

    fn decode(&self, _: &[u32]) -> Result<String, Fault> {
        unreachable!("only counts are asked for")
    }

    fn count_text(&self, _: &str) -> Result<u32, Fault> {
        self.0.raise();
        Ok(1)
    }

    fn count_chat(&self, _: &[Message]) -> Result<u32, Fault> {
        unreachable!("only texts are counted")
    }

    fn synthesize(&self, _: &Synthesis<'_>) -> Result<Synthesized, Fault> {
        unreachable!("only counts are asked for")
    }
}

#[test]
fn a_call_of_the_host_ends_with_the_run_too() {
    let stop = StopFlag::default();
    let bench = bench(&stop, false);
    let factory = dataset(&bench, Some(Arc::new(Interrupted(stop))));
    let failure: PluginFailure = factory.instance().unwrap().generate(21, 1).unwrap_err();
    assert_eq!(failure.cause, Cause::Stopped);
}
