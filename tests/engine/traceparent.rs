//! The header `traceparent`: what the server received, against the ids found from the stored plan.

use crate::fakes::FakeDataset;
use crate::rig::{Bench, fast, id, plan_of, start, truth};
use loadwright_core::plan::Plan;
use loadwright_core::trace::{AttemptKey, TraceKey, Traceparent};
use loadwright_sim::{Config, Fault, Script};
use std::collections::BTreeSet;

/// A point of 40 conversations of two turns, half of whose requests fail and are tried again.
fn bench(url: &str, http2: bool) -> Bench {
    let mut plan = plan_of(url, 4, 40);
    (plan.index, plan.target.http2, plan.request.retries) = (2, http2, 8);
    plan.request.traceparent = Some(Traceparent { key: TraceKey([0xa5; 16]), ratio: 0.25 });
    let dataset = FakeDataset { turns: 2, ..FakeDataset::default() };
    Bench { dataset, ..Bench::new(plan) }
}

#[test]
fn the_server_receives_what_is_found_from_the_stored_key() {
    for http2 in [false, true] {
        let fault = Fault::Status { code: 503, retry_after: Some(0), body: None };
        let script = Script::ratio(0.5, [fault]);
        let server = start(Config { http2, script, ..fast() });
        let bench = bench(&server.url(), http2);
        let stored = serde_json::to_string(&bench.plan).unwrap();
        let stored: Plan = serde_json::from_str(&stored).unwrap();
        let traceparent = stored.request.traceparent.unwrap();
        let run = bench.run();
        let served = truth(&server, run.records.len() as u64);
        let (mut traces, mut spans, mut sampled) = (BTreeSet::new(), BTreeSet::new(), 0);
        for record in &run.records {
            let received = &served[&id(2, record)].traceparent;
            let ids = traceparent.ids(AttemptKey::of(2, record));
            assert_eq!(received.as_bytes(), ids.traceparent());
            let parts: Vec<&str> = received.split('-').collect();
            assert_eq!((parts[0], parts[1].len(), parts[2].len()), ("00", 32, 16));
            assert_eq!(parts[3] == "01", ids.sampled);
            sampled += usize::from(ids.sampled && record.last_attempt);
            assert!(spans.insert(parts[2].to_owned()), "a span-id came twice");
            traces.insert(parts[1].to_owned());
        }
        assert!(spans.len() > 80, "there were retries");
        assert_eq!(traces.len(), 80, "attempts at a turn share its trace");
        assert!((5..=40).contains(&sampled), "{sampled} of 80 at a ratio of 0.25");
    }
}

/// It loads the server: so it is not sent unless it is asked for.
#[test]
fn without_a_key_there_is_none() {
    let server = start(fast());
    let mut bench = bench(&server.url(), false);
    bench.plan.request.traceparent = None;
    let run = bench.run();
    let served = truth(&server, run.records.len() as u64);
    assert!(served.values().all(|served| served.traceparent.is_empty()));
}
