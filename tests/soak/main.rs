//! A minute at high rate, closed and open loop, with 64 in flight: nothing is lost, nothing twice.
//! The content of replies is up to the other tests.

#![expect(clippy::unwrap_used, reason = "all of this is tests: a panic is how they fail")]

#[path = "../engine/fakes.rs"]
#[expect(dead_code, reason = "only a part of the fakes is used")]
mod fakes;
#[path = "../engine/rig.rs"]
#[expect(dead_code, reason = "only a part of the test bench is used")]
mod rig;

use fakes::FakeApi;
use loadwright_core::arrival::{Arrival, Process};
use loadwright_core::plan::{Load, Plan};
use loadwright_core::ports::{Sink, SinkFailure};
use loadwright_core::record::Record;
use loadwright_core::sample::{EndReason, Sample};
use loadwright_sim::{Config, Server, TruthDetail};
use rig::{Bench, PATIENCE, fast, ms, plan_of, start};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Counts the records, without keeping them.
#[derive(Default)]
struct Tally {
    /// How often each slot was recorded.
    seen: Vec<u8>,
    dropped: u64,
    failed: BTreeMap<String, u64>,
    frames: u64,
}

impl Sink for Tally {
    fn record(&mut self, record: &Arc<Record>) -> Result<(), SinkFailure> {
        let seq = record.seq as usize;
        if self.seen.len() <= seq {
            self.seen.resize(seq + 1, 0);
        }
        self.seen[seq] += 1;
        self.frames += record.frames.len() as u64;
        if record.outcome.is_beside() {
            self.dropped += 1;
        } else if !record.outcome.is_ok() {
            *self.failed.entry(record.outcome.class()).or_default() += 1;
        }
        Ok(())
    }

    fn sample(&mut self, _sample: &Sample) -> Result<(), SinkFailure> {
        Ok(())
    }
}

/// Runs `plan` and holds what was recorded against what the server received and sent.
fn soak(plan: Plan, server: &Server) -> u64 {
    let before = server.counts();
    let bench = Bench { api: FakeApi::tokens(1), ..Bench::new(plan) };
    let plan = Arc::new(bench.plan.clone());
    let mut tally = Tally::default();
    let point_end =
        loadwright_engine::run(&plan, 0, &bench.ports(), &bench.control, &mut [&mut tally])
            .expect("the point starts");
    assert_eq!(point_end.end_reason, EndReason::Completed);
    assert!(tally.seen.iter().all(|&times| times == 1), "a slot is lost or recorded twice");
    assert_eq!(tally.failed, BTreeMap::new());
    let sent = tally.seen.len() as u64 - tally.dropped;
    let after = server.wait_for_ended(before.ended + sent, PATIENCE).expect("all requests end");
    assert_eq!(after.received - before.received, sent, "requests sent and records differ");
    assert_eq!(after.frames - before.frames, tally.frames, "a frame is lost");
    // A slot is sent on a connection of the thread that took it: in an open loop each thread may
    // serve all slots in flight at some time, and keeps the connections that it opened.
    let most = match plan.load {
        Load::Closed { workers, .. } => workers,
        Load::Open { max_in_flight, .. } | Load::Trace { max_in_flight } => {
            max_in_flight.unwrap() * u32::from(plan.engine.threads)
        }
    };
    assert!(after.connections - before.connections <= u64::from(most), "more than {most}");
    sent
}

fn server() -> Server {
    start(Config { truth: TruthDetail::Off, ..fast() })
}

#[test]
fn thirty_thousand_requests_are_thirty_thousand_records() {
    let server = server();
    let mut plan = plan_of(&server.url(), 64, 30_000);
    plan.engine.threads = 2;
    assert_eq!(soak(plan, &server), 30_000);
}

#[test]
fn a_minute_at_high_rate_loses_nothing() {
    let server = server();
    let mut plan = plan_of(&server.url(), 64, 0);
    (plan.limits.number, plan.limits.duration) = (None, Some(ms(30_000)));
    let closed = soak(plan.clone(), &server);
    let arrival = Arrival { rate: 1_000.0, process: Process::Poisson };
    plan.load = Load::Open { arrival, max_in_flight: Some(64) };
    plan.engine.threads = 2;
    let open = soak(plan, &server);
    // A machine that serves less than this in half a minute was not under load.
    assert!(closed > 3_000 && open > 3_000, "closed {closed}, open {open}");
}
