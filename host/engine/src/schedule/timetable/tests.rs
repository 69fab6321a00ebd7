//! Times of a trace: where a phase begins, and falls.

use super::*;
use crate::messages::TurnContext;
use loadwright_core::SECOND;
use loadwright_core::request::{Head, Request};
use std::sync::Arc;

fn prepared(seq: u64, scheduled: Option<u64>) -> PreparedRequest {
    let head = Arc::new(Head { method: "POST".into(), path: None, headers: Vec::new() });
    let request = Ok(Request { head, body: Vec::new() });
    let scheduled = scheduled.map(|seconds| seconds * SECOND);
    PreparedRequest { seq, request, turn: TurnContext::default(), scheduled, not_before: 0 }
}

/// The slots from `seq` on in seconds after the beginning of a phase, and the errors of those that
/// fail.
fn slots(table: &mut Timetable, seq: u64, times: &[Option<u64>]) -> (Vec<u64>, Vec<String>) {
    let mut errors = Vec::new();
    let mut take = |(seq, time): (u64, &Option<u64>)| {
        let mut slot = prepared(seq, *time);
        table.check(&mut slot);
        errors.extend(slot.request.as_ref().err().map(ToString::to_string));
        table.next(&slot).unwrap() / SECOND
    };
    let offsets = (seq..).zip(times).map(&mut take).collect();
    (offsets, errors)
}

#[test]
fn the_first_item_of_all_is_sent_at_its_own_time() {
    let mut table = Timetable::Trace(Trace::new("log", 0));
    assert_eq!(slots(&mut table, 0, &[Some(3), Some(3), Some(7)]), (vec![3, 3, 7], vec![]));
}

#[test]
fn a_phase_that_begins_later_in_the_trace_begins_with_its_first_item() {
    let mut table = Timetable::Trace(Trace::new("log", 40));
    assert_eq!(slots(&mut table, 0, &[Some(100), Some(103)]).0, [0, 3]);
    table.restart(None);
    assert_eq!(slots(&mut table, 2, &[Some(110), Some(111)]).0, [0, 1]);
}

#[test]
fn a_fall_fails_that_item_and_a_missing_time_is_that_of_the_item_before() {
    let mut table = Timetable::Trace(Trace::new("log", 0));
    let (offsets, errors) = slots(&mut table, 0, &[Some(5), Some(4), None, Some(5), Some(6)]);
    assert_eq!(offsets, [5, 5, 5, 5, 6]);
    let text = "plugin `log` failed in generate: item 1 is scheduled at 4 s, before an earlier item \
                at 5 s; sort the dataset by its scheduled times";
    assert_eq!(errors, [text]);
}
