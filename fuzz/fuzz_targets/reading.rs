//! Reads any frames, one per line: never a panic, each frame is read as if it were the first of its
//! exchange, and the reply built from them gives the same reading.
#![no_main]

use libfuzzer_sys::fuzz_target;
use loadwright_core::reading::{ReadingPlan, Rule};
use loadwright_engine::reading::{Reader, Reading};
use std::sync::LazyLock;

static READER: LazyLock<Reader> =
    LazyLock::new(|| Reader::new(&plan()).expect("its rules are good"));

fn plan() -> ReadingPlan {
    let rules = |pointers: &[&str]| {
        pointers.iter().map(|&at| Rule { at: at.into(), when: None }).collect::<Vec<_>>()
    };
    let when = Some(("/type".into(), "text".into()));
    let mut output = rules(&["/choices/*/delta/content", "/choices/*/message/content"]);
    output.push(Rule { at: "/delta/text".into(), when });
    ReadingPlan {
        done: vec!["[DONE]".into()],
        output,
        reasoning: rules(&["/choices/*/delta/reasoning", "/choices/0/delta/content"]),
        tool_calls: rules(&["/choices/*/delta/tool_calls"]),
        frame_tokens: rules(&["/choices/*/token_ids", "/choices/*/logprobs/content"]),
        finish_reason: rules(&["/choices/*/finish_reason"]),
        input_tokens: rules(&["/usage/prompt_tokens"]),
        output_tokens: rules(&["/usage/completion_tokens"]),
        error: rules(&["/error"]),
        ..ReadingPlan::default()
    }
}

fuzz_target!(|data: &[u8]| {
    let frames: Vec<&[u8]> = data.split(|&byte| byte == b'\n').collect();
    let mut reading = Reading::new();
    for frame in &frames {
        let alone = READER.read(frame, &mut Reading::new());
        assert_eq!(READER.read(frame, &mut reading), alone);
    }
    match READER.reply(frames.iter().copied()) {
        Err(error) => assert_eq!(Some(error.0), reading.unreadable),
        Ok(reply) => {
            let again = Reading::from_reply(reply, reading.frames).expect("its frames are there");
            assert_eq!(again.outputs, reading.outputs);
            assert_eq!(again.output, reading.output);
            assert_eq!(again.reasoning, reading.reasoning);
            assert_eq!(again.usage, reading.usage);
            assert_eq!(again.error, reading.error);
        }
    }
});
