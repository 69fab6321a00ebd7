//! The plain reader, on frames whose reading is written out by hand.

use super::*;
use crate::Field;

fn rule(at: &str) -> Rule {
    Rule { at: at.into(), when: None }
}

fn plan() -> ReadingPlan {
    ReadingPlan {
        done: vec!["[DONE]".into()],
        output: vec![rule("/items/*/text")],
        reasoning: vec![],
        tool_calls: vec![],
        frame_tokens: vec![rule("/ids"), rule("/count")],
        finish_reason: vec![],
        input_tokens: vec![rule("/usage/in")],
        output_tokens: vec![],
        cached_tokens: vec![],
        reasoning_tokens: vec![],
        accepted_tokens: vec![],
        rejected_tokens: vec![],
        error: vec![Rule {
            at: "/message".into(),
            when: Some(Field { name: "/object".into(), value: "error".into() }),
        }],
    }
}

fn read_frames(frames: &[&str]) -> Reply {
    let frames = frames.iter().map(|frame| frame.as_bytes().to_vec()).collect();
    read(&plan(), &Exchange { status: 200, headers: vec![], frames })
}

#[test]
fn a_star_takes_every_element_and_ids_are_counted() {
    let reply =
        read_frames(&[r#"{"items":[{"text":"a"},{"text":null},{"text":"b"}],"ids":[1,2]}"#]);
    let piece = Piece { frame: 0, channel: Channel::Output, text: "ab".into(), tokens: Some(2) };
    assert_eq!(reply.pieces, [piece]);
}

#[test]
fn the_last_usage_that_is_not_null_counts() {
    let reply =
        read_frames(&[r#"{"usage":{"in":1}}"#, r#"{"usage":{"in":7}}"#, r#"{"usage":null}"#]);
    assert_eq!(reply.usage.input_tokens, Some(7));
}

#[test]
fn a_guard_must_hold() {
    assert_eq!(read_frames(&[r#"{"message":"x"}"#]).error, None);
    let reply = read_frames(&[r#"{"object":"error","message":"x"}"#]);
    assert_eq!(reply.error.as_deref(), Some("x"));
}

#[test]
fn nothing_behind_the_end_mark_is_read() {
    let reply = read_frames(&["[DONE]", r#"{"items":[{"text":"late"}]}"#]);
    assert_eq!(reply.pieces, []);
}
