//! Which dataset items the points of a sweep use.

use super::ItemAllocator;
use crate::testing;
use loadwright_core::plan::Plan;
use loadwright_core::ports::Sink;
use loadwright_core::record::Record;
use loadwright_core::testkit;
use std::sync::Arc;

fn points(line: &str) -> Vec<Plan> {
    testing::run(line).points
}

fn record(seq: u64) -> Arc<Record> {
    Arc::new(Record { seq, ..testkit::record(0, &[]) })
}

#[test]
fn a_point_with_a_duration_uses_the_items_that_it_got_to() {
    let plans = points("--simulate --parallel 1 2 4 --duration 9");
    let mut items = ItemAllocator { first: 10, next: 10 };
    assert_eq!(items.begin_point(&plans[0]), 10);
    for seq in [0, 2, 1] {
        items.record(&record(seq)).expect("it takes records");
    }
    assert_eq!(items.begin_point(&plans[1]), 13);
    // Nothing was sent: the items are still unused.
    assert_eq!(items.begin_point(&plans[2]), 13);
}

#[test]
fn a_point_with_a_number_uses_as_many_items_whatever_it_sent() {
    let plans = points("--simulate --parallel 1 2 4 -n 5 7 9 --warmup-num 2");
    let mut items = ItemAllocator { first: 0, next: 0 };
    let mut firsts = Vec::new();
    for plan in &plans {
        firsts.push(items.begin_point(plan));
        items.record(&record(1)).expect("it takes records");
    }
    assert_eq!(firsts, [0, 7, 16]);
}
