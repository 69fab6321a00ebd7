//! The content of each slot: the same bytes for the same seed, whatever the load.

use crate::fakes::{FakeDataset, text};
use crate::rig::{Bench, closed, fast, plan, start, truth};
use loadwright_core::arrival::{Arrival, Process};
use loadwright_core::plan::{Load, Plan};
use loadwright_sim::{Config, Server};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

fn server() -> Server {
    start(Config { keep_bodies: true, ..fast() })
}

/// Bodies by slot.
fn bodies(bench: Bench, server: &Server, number: u64) -> BTreeMap<u64, String> {
    let index = bench.plan.index;
    bench.run().assert_all_ok(number);
    let by_id = truth(server, number);
    let body = |seq| {
        let body = by_id[&format!("lw-{index}-{seq}-0-0")].body.clone();
        (seq, String::from_utf8(body.unwrap()).unwrap())
    };
    (0..number).map(body).collect()
}

fn prompt(body: &str) -> String {
    let body: Value = serde_json::from_str(body).unwrap();
    body["messages"][0]["content"].as_str().unwrap().to_owned()
}

fn length(body: &str) -> u64 {
    let body: Value = serde_json::from_str(body).unwrap();
    body["max_tokens"].as_u64().unwrap()
}

fn several(url: &str) -> Plan {
    let mut plan = plan(url);
    plan.limits.number = Some(70);
    plan.request.output_range = Some((1, 5));
    plan
}

#[test]
fn a_slot_carries_the_same_bytes_whatever_the_load() {
    let arrival = Arrival { rate: 3_000.0, process: Process::Poisson };
    let loads = [
        (closed(1), 1, 0),
        (closed(7), 1, 0),
        (closed(64), 2, 9),
        (Load::Open { arrival, max_in_flight: None }, 2, 0),
    ];
    let mut all = Vec::new();
    for (load, threads, warmup) in loads {
        let server = server();
        let mut plan = several(&server.url());
        (plan.load, plan.engine.threads) = (load, threads);
        (plan.limits.warmup, plan.limits.number) = (warmup, Some(70 - warmup));
        all.push(bodies(Bench::new(plan), &server, 70));
    }
    for (seq, body) in &all[0] {
        assert_eq!(prompt(body), text(*seq, 0));
    }
    assert!(all.iter().all(|bodies| *bodies == all[0]));
}

#[test]
fn items_continue_from_point_to_point() {
    let whole = server();
    let expected = bodies(Bench::new(several(&whole.url())), &whole, 70);
    let mut first_item = 0;
    for (index, number) in [20, 50].into_iter().enumerate() {
        let server = server();
        let mut plan = several(&server.url());
        (plan.index, plan.limits.number) = (index as u32, Some(number));
        let bench = Bench { first_item, ..Bench::new(plan) };
        for (seq, body) in bodies(bench, &server, number) {
            // Item and length are the item's own, not the slot's.
            assert_eq!(body, expected[&(first_item + seq)]);
        }
        first_item += number;
    }
}

#[test]
fn a_dataset_starts_over_after_its_last_item_with_one_notice() {
    for announced in [true, false] {
        let server = server();
        let mut plan = several(&server.url());
        (plan.load, plan.engine.threads) = (closed(8), 2);
        let dataset = FakeDataset { size: Some(25), announced, ..FakeDataset::default() };
        let bench = Bench { dataset, first_item: 3, ..Bench::new(plan) };
        let notices = bench.notices.clone();
        for (seq, body) in bodies(bench, &server, 70) {
            assert_eq!(prompt(&body), text((3 + seq) % 25, 0), "slot {seq}");
        }
        let notices = notices.lock().unwrap().clone();
        assert_eq!(notices, ["the dataset has 25 items and starts over after the last"]);
    }
}

#[test]
fn lengths_are_drawn_per_item_by_the_seed() {
    let drawn = |seed, range| {
        let server = server();
        let mut plan = several(&server.url());
        (plan.seed, plan.request.output_range) = (seed, range);
        let bodies = bodies(Bench::new(plan), &server, 70);
        bodies.values().map(|body| length(body)).collect::<Vec<_>>()
    };
    let lengths = drawn(7, Some((2, 6)));
    assert_eq!(lengths.iter().collect::<BTreeSet<_>>(), [2, 3, 4, 5, 6].iter().collect());
    assert_eq!(lengths, drawn(7, Some((2, 6))));
    assert_ne!(lengths, drawn(8, Some((2, 6))));
    assert_eq!(drawn(7, Some((4, 4))), vec![4; 70]);
    assert_eq!(drawn(7, None), vec![3; 70]);
}
