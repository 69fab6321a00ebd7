//! The connection test: its request, the texts of its failures, and its interruption.

use crate::fakes::{FakeApi, FakeDataset, Hook};
use crate::rig::{Bench, PATIENCE, fast, faulty, ms, plan, start};
use loadwright_core::reading::{Rule, RuleKind};
use loadwright_engine::{Patience, ProbeFailure, Probed, probe};
use loadwright_sim::{Config, Fault, Script};
use serde_json::Value;
use std::sync::Arc;

fn probed(bench: &Bench) -> Result<Probed, ProbeFailure> {
    let patience = Patience { limit: None, on_wait: &|_| {} };
    let plan = Arc::new(bench.plan.clone());
    probe(&plan, bench.first_item, &bench.ports(), &bench.control, &patience)
}

fn probe_failure(config: Config) -> String {
    let server = start(config);
    let error = probed(&Bench::new(plan(&server.url()))).unwrap_err().to_string();
    error.replace(&server.url(), "URL")
}

fn status(code: u16, body: &str) -> Fault {
    Fault::Status { code, retry_after: None, body: Some(body.into()) }
}

#[test]
fn it_asks_for_one_token_with_its_own_request_id() {
    for api in [FakeApi::default(), FakeApi::decoding(9, 0)] {
        let server = start(Config { keep_bodies: true, ..fast() });
        let bench = Bench { api, ..Bench::new(plan(&server.url())) };
        assert!(probed(&bench).unwrap().latency > 0);
        server.wait_for_ended(1, PATIENCE).unwrap();
        let served = &server.truth()[0];
        assert_eq!((served.request_id.as_str(), served.output_tokens), ("lw-probe", 1));
        let body: Value = serde_json::from_slice(served.body.as_ref().unwrap()).unwrap();
        assert_eq!(body["max_tokens"], 1);
    }
}

#[test]
fn it_reports_what_failed() {
    let bad = probe_failure(faulty([status(401, "no such key")]));
    let at = "the connection test of ";
    let path = "/v1/chat/completions failed: ";
    assert!(bad.starts_with(at) && bad.ends_with(&format!("{path}http_401: no such key")), "{bad}");
    let garbage = probe_failure(faulty([Fault::GarbageHead]));
    assert!(garbage.contains(&format!("{path}malformed: the reply is not HTTP/1.1")), "{garbage}");
    let within = probe_failure(faulty([Fault::ErrorEvent { after: 0 }]));
    assert!(within.contains(&format!("{path}stream_error: ")), "{within}");
    let tls = probe_failure(Config { tls: true, ..fast() });
    assert!(tls.contains(&format!("{path}tls: TLS handshake: ")), "{tls}");
    let name = probed(&Bench::new(plan("http://nowhere.invalid"))).unwrap_err().to_string();
    assert!(name.contains("failed: dns: looking up nowhere.invalid: "), "{name}");
}

#[test]
fn it_waits_for_a_service_that_starts_up() {
    let script = Script::requests(0..=0, [status(503, "loading")]);
    let server = start(Config { script, ..fast() });
    probed(&Bench::new(plan(&server.url()))).unwrap();
    assert_eq!(server.wait_for_ended(2, PATIENCE).unwrap().received, 2);
}

#[test]
fn a_token_without_text_is_a_reply() {
    let server = start(faulty([Fault::Empty]));
    probed(&Bench::new(plan(&server.url()))).unwrap();
}

#[test]
fn it_can_be_interrupted_while_it_waits_for_a_reply() {
    let server = start(faulty([Fault::Stall { after: 0, ms: None }]));
    let bench = Bench::new(plan(&server.url()));
    let stop = bench.control.stop.clone();
    std::thread::scope(|scope| {
        let running = scope.spawn(|| probed(&bench));
        server.wait_for_requests(1, PATIENCE).expect("it asks");
        stop.drain();
        let result = running.join().expect("it does not panic");
        assert!(matches!(result, Err(ProbeFailure::Interrupted)));
    });
}

#[test]
fn it_can_be_interrupted_between_two_probes() {
    let server = start(faulty([status(503, "loading")]));
    let bench = Bench::new(plan(&server.url()));
    let stop = bench.control.stop.clone();
    std::thread::scope(|scope| {
        let running = scope.spawn(|| probed(&bench));
        server.wait_for_ended(1, PATIENCE).expect("it asks");
        stop.drain();
        let result = running.join().expect("it does not panic");
        assert!(matches!(result, Err(ProbeFailure::Interrupted)));
    });
}

#[test]
fn an_invalid_reading_plan_is_reported_before_anything_is_sent() {
    let mut bench = Bench::new(plan("ftp://h"));
    assert!(probed(&bench).unwrap_err().to_string().contains("neither http:// nor https://"));
    let server = start(fast());
    bench.plan = plan(&server.url());
    bench.plan.timeouts.read = ms(1_000);
    let rule = Rule::new(RuleKind::Error, "no pointer");
    bench.api.reading.as_mut().unwrap().rules = vec![rule];
    let error = probed(&bench).unwrap_err().to_string();
    assert!(error.starts_with("the API plugin's reading plan is invalid: "), "{error}");
}

/// The text of the item that the test asks, where the dataset's own are of this size.
fn asked(size: Option<u32>, announced: bool, first_item: u64, bad: Option<u64>) -> String {
    let server = start(Config { keep_bodies: true, ..fast() });
    let mut bench = Bench { first_item, ..Bench::new(plan(&server.url())) };
    bench.plan.request.output_range = Some((5, 9));
    (bench.dataset.size, bench.dataset.announced, bench.dataset.turns) = (size, announced, 3);
    bench.dataset.before = bad.map(|bad| -> Hook {
        Arc::new(move |item| if item < bad { Ok(()) } else { Err("a bad item".into()) })
    });
    probed(&bench).unwrap();
    server.wait_for_ended(1, PATIENCE).unwrap();
    let body: Value = serde_json::from_slice(server.truth()[0].body.as_ref().unwrap()).unwrap();
    assert_eq!(body["max_tokens"], 1);
    let messages = body["messages"].as_array().unwrap();
    assert_eq!(messages.len(), 1);
    messages[0]["content"].as_str().unwrap().trim_end_matches(['x', ' ']).to_owned()
}

#[test]
fn it_asks_the_item_that_the_run_reaches_last_if_at_all() {
    let last = u64::from(u32::MAX) - 1;
    for (size, announced, first, item) in [
        (Some(10), true, 0, 9),
        (Some(10), false, 0, 9),
        (Some(10), true, 4, 3),
        (Some(10), false, 4, 3),
        (Some(10), true, 34, 3),
        (Some(1), true, 0, 0),
        (None, true, 0, last),
        (None, true, 100, 99),
    ] {
        let asked = asked(size, announced, first, None);
        assert_eq!(asked, format!("item {item} turn 0"), "{size:?} {announced} {first}");
    }
}

#[test]
fn an_item_that_cannot_be_made_is_passed_over() {
    assert_eq!(asked(Some(10), true, 0, Some(7)), "item 6 turn 0");
    let mut bench = Bench::new(plan("http://127.0.0.1:1"));
    bench.dataset.size = Some(30);
    bench.dataset.before = Some(Arc::new(|item| Err(format!("item {item} is bad"))));
    let error = probed(&bench).unwrap_err().to_string();
    assert!(error.contains("failed in generate: item 29 is bad"), "{error}");
    bench.dataset = FakeDataset { size: Some(0), ..FakeDataset::default() };
    let error = probed(&bench).unwrap_err().to_string();
    assert!(error.contains("the dataset has no items"), "{error}");
}

#[test]
fn its_request_passes_the_checks_of_the_run() {
    let refused = |change: &dyn Fn(&mut Bench)| {
        let mut bench = Bench::new(plan("http://127.0.0.1:1"));
        change(&mut bench);
        probed(&bench).unwrap_err().to_string()
    };
    let media = refused(&|bench| bench.api.media = Some(3));
    let wanted = "plugin `openai` failed in format: the formatted body names media 3, but the request \
                  has 0 media";
    assert_eq!(media, wanted);
    let header = refused(&|bench| bench.dataset.headers = vec![("x", "a\r\nevil: 1")]);
    assert!(header.starts_with("plugin `random` failed in generate: "), "{header}");
    let path = refused(&|bench| bench.api.path = Some("/x\r\nevil: 1"));
    assert!(path.starts_with("plugin `openai` failed in format: "), "{path}");
    let ids = refused(&|bench| bench.plan.request.tokenize_prompt = true);
    assert!(ids.contains("--tokenize-prompt converts text to token ids"), "{ids}");
}
