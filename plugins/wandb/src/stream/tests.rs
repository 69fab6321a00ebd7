use super::{BATCH, Update, batch, is_stopped};
use crate::history::Line;
use serde_json::{Value, json};

fn body(update: &Update<'_>) -> Value {
    serde_json::from_slice(&update.body()).unwrap()
}

#[test]
fn nothing_to_say_is_a_heartbeat() {
    assert_eq!(Update::default().body(), b"{}");
}

#[test]
fn lines_and_the_summary_are_texts_at_their_places() {
    let lines = [r#"{"a":1}"#.to_owned()];
    let summary = Line::from_iter([("a".to_owned(), json!(1))]);
    let uploaded = ["report.txt".to_owned()];
    let update = Update {
        offset: 7,
        lines: &lines,
        summary: Some(&summary),
        log_offset: 2,
        log: &["a line".to_owned()],
        uploaded: &uploaded,
        exit: Some(1),
    };
    assert_eq!(
        body(&update),
        json!({
            "files": {
                "wandb-history.jsonl": {"offset": 7, "content": [r#"{"a":1}"#]},
                "output.log": {"offset": 2, "content": ["a line"]},
                "wandb-summary.json": {"offset": 0, "content": [r#"{"a":1}"#]},
            },
            "uploaded": ["report.txt"],
            "complete": true,
            "exitcode": 1,
        })
    );
}

#[test]
fn a_batch_is_bounded_and_never_empty() {
    let lines = vec!["x".repeat(BATCH / 4); 9];
    assert_eq!(batch(&lines).len(), 4);
    let long = vec!["x".repeat(2 * BATCH); 2];
    assert_eq!(batch(&long).len(), 1);
    assert!(batch(&[]).is_empty());
}

#[test]
fn stopped_is_a_flag_of_the_answer() {
    assert!(is_stopped(&json!({"stopped": true})));
    for answer in [json!({"stopped": false}), json!({}), json!(null), json!({"stopped": "yes"})] {
        assert!(!is_stopped(&answer), "{answer}");
    }
}
