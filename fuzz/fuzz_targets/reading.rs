//! Reads any frames, one per line: never a panic, each frame is read as if it were the first of its
//! exchange, and the reply built from them gives the same reading.
#![no_main]

use libfuzzer_sys::fuzz_target;
use loadwright_core::reading::{Channel, Condition, CountKind, Guard, ReadingPlan, Rule, RuleKind};
use loadwright_engine::reading::{Reader, Reading};
use std::sync::LazyLock;

static READER: LazyLock<Reader> =
    LazyLock::new(|| Reader::new(&plan()).expect("its rules are good"));

fn plan() -> ReadingPlan {
    let output = || RuleKind::Text(Channel::Output);
    let equals =
        |at: &str, text: &str| Guard { at: at.into(), condition: Condition::Equals(text.into()) };
    let guarded = |at, guard| Rule { when: vec![guard], ..Rule::new(output(), at) };
    let rules = vec![
        Rule::new(output(), "/choices/*/delta/content"),
        Rule::new(output(), "/choices/*/message/content"),
        guarded("/delta/text", equals("/type", "text")),
        guarded("/parts/*/text", equals("/parts/*/shown", "true")),
        Rule::new(RuleKind::Text(Channel::Reasoning), "/choices/*/delta/reasoning"),
        Rule::new(RuleKind::Text(Channel::Reasoning), "/choices/0/delta/content"),
        Rule::new(RuleKind::Text(Channel::ToolCall), "/choices/*/delta/tool_calls"),
        Rule::new(RuleKind::Text(Channel::Result), "/data/*/embedding"),
        Rule::new(RuleKind::Tokens, "/choices/*/token_ids"),
        Rule::new(RuleKind::Tokens, "/choices/*/logprobs/content"),
        Rule::new(RuleKind::Finish, "/choices/*/finish_reason"),
        Rule::new(RuleKind::Count(CountKind::Input), "/usage/prompt_tokens"),
        Rule::new(RuleKind::Count(CountKind::Output), "/usage/completion_tokens"),
        Rule::new(RuleKind::Metric("queue".into()), "/queue"),
        Rule::new(RuleKind::Error, "/error"),
    ];
    ReadingPlan { rules, ..ReadingPlan::default() }
}

fuzz_target!(|data: &[u8]| {
    let frames: Vec<&[u8]> = data.split(|&byte| byte == b'\n').collect();
    let mut reading = Reading::new();
    for frame in &frames {
        let alone = READER.read(frame, &mut Reading::new());
        assert_eq!(READER.read(frame, &mut reading), alone);
    }
    match READER.reply(frames.iter().map(|&frame| ("", frame))) {
        Err(error) => assert_eq!(Some(error.0), reading.unreadable),
        Ok(reply) => {
            let again = Reading::from_reply(reply, reading.frames).expect("its frames are there");
            assert_eq!(again.outputs, reading.outputs);
            assert_eq!(again.output, reading.output);
            assert_eq!(again.reasoning, reading.reasoning);
            assert_eq!(again.usage, reading.usage);
            assert_eq!(again.metrics, reading.metrics);
            assert_eq!(again.error, reading.error);
        }
    }
});
