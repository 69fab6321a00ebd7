//! Batches: their sizes, and what a server does not take.

use super::*;
use serde_json::json;
use std::cell::RefCell;

fn refusal(status: u16) -> Failure {
    Failure::answered("events.add_batch", status, "no")
}

#[test]
fn batches_are_bounded_and_keep_the_order() {
    let event = |at: usize| json!({ "at": at, "text": "x".repeat(1 << 20) });
    let events: Vec<Value> = (0..9).map(event).collect();
    let bodies = RefCell::new(Vec::new());
    let losses = send(&events, |body| {
        bodies.borrow_mut().push(body);
        Ok(json!({ "errors": 0 }))
    });
    assert_eq!(losses, Ok(Vec::new()));
    let bodies = bodies.into_inner();
    assert_eq!(bodies.len(), 3);
    assert!(bodies.iter().all(|body| body.len() <= MOST));
    let lines: Vec<Value> = bodies
        .iter()
        .flat_map(|body| body.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()))
        .map(|line| serde_json::from_slice(line).expect("a line"))
        .collect();
    assert_eq!(lines, events);
}

#[test]
fn nothing_is_sent_for_no_events() {
    assert_eq!(send(&[], |_| Err(refusal(500))), Ok(Vec::new()));
}

#[test]
fn a_batch_that_is_too_large_is_halved_until_it_is_taken() {
    let events: Vec<Value> = (0..8).map(|at| json!(at)).collect();
    let taken = RefCell::new(String::new());
    let losses = send(&events, |body| {
        let text = String::from_utf8_lossy(&body).into_owned();
        let lines = text.lines().count();
        if lines > 2 || text.contains('5') {
            return Err(refusal(413));
        }
        taken.borrow_mut().push_str(&text);
        Ok(json!({}))
    });
    let losses = losses.expect("losses");
    assert_eq!(losses.len(), 1);
    assert!(losses[0].starts_with("1 event: ClearML answered events.add_batch with 413"));
    assert_eq!(taken.into_inner(), "0\n1\n2\n3\n4\n6\n7\n");
}

#[test]
fn errors_of_single_events_are_losses() {
    let answer = json!({ "added": 1, "errors": 2, "errors_info": { "bad": 2 } });
    let losses = send(&[json!(1), json!(2), json!(3)], |_| Ok(answer.clone()));
    assert_eq!(losses.expect("losses"), [r#"2 events: ClearML did not store them: {"bad":2}"#]);
}

#[test]
fn a_batch_that_is_refused_is_a_loss_and_others_are_sent() {
    let losses = send(&[json!(1)], |_| Err(refusal(400))).expect("losses");
    assert_eq!(losses, ["1 event: ClearML answered events.add_batch with 400: no"]);
}

#[test]
fn what_may_pass_and_what_concerns_the_key_is_a_fault() {
    for status in [401, 403, 429, 500, 503] {
        assert_eq!(send(&[json!(1)], |_| Err(refusal(status))), Err(refusal(status)));
    }
}
