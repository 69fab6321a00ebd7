//! Which dataset items points use when nobody knew how many requests an earlier one would send.

use super::Items;
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
fn items_go_on_behind_what_a_duration_got_to() {
    let mut plans = points("--simulate --parallel 1 2 4 --duration 9 --dataset-offset 10");
    let mut items = Items::default();
    items.place(&mut plans[0]);
    assert_eq!(plans[0].first_item, 10);
    for seq in [0, 2, 1] {
        items.record(&record(seq)).expect("it takes records");
    }
    items.place(&mut plans[1]);
    assert_eq!(plans[1].first_item, 13);
    // Nothing was sent: the items are still fresh.
    items.place(&mut plans[2]);
    assert_eq!(plans[2].first_item, 13);
}

#[test]
fn points_with_a_number_keep_the_items_of_their_plan() {
    let mut plans = points("--simulate --parallel 1 2 -n 5 7");
    let mut items = Items::default();
    for plan in &mut plans {
        let planned = plan.first_item;
        items.place(plan);
        assert_eq!(plan.first_item, planned);
        items.record(&record(1)).expect("it takes records");
    }
}
