//! Takes any text as the rules of a plan: one rule per line, with a tab before its guard's pointer. The
//! rules are rejected, or read a fixed frame as the oracle does; they never panic.
#![no_main]

use libfuzzer_sys::fuzz_target;
use loadwright_core::reading::{ReadingPlan, Rule};
use loadwright_engine::reading::{Reader, Reading};

#[path = "../../host/engine/src/interpret/reading/reference.rs"]
mod reference;

const FRAME: &str =
    r#"{"a":"x","b":[{"a":"y","0":["z",1,null]},["",{"a":{"*":"w"}}]],"~/":{"":"v"},"0":"u"}"#;

fn rule(line: &str) -> Rule {
    let (at, when) = match line.split_once('\t') {
        Some((at, guard)) => (at, Some((guard.into(), "x".into()))),
        None => (line, None),
    };
    Rule { at: at.into(), when }
}

fuzz_target!(|rules: &str| {
    let rules: Vec<Rule> = rules.split('\n').map(rule).collect();
    let plan = ReadingPlan {
        output: rules.clone(),
        tool_calls: rules.clone(),
        frame_tokens: rules.clone(),
        error: rules,
        ..ReadingPlan::default()
    };
    let Ok(reader) = Reader::new(&plan) else { return };
    let mut reading = Reading::new();
    reader.read(FRAME.as_bytes(), &mut reading);
    let frame = serde_json::from_str(FRAME).expect("it is JSON");
    let said = reference::said(&plan, &frame);
    assert_eq!(reading.output, said.output);
    assert_eq!(reading.tool_calls, said.tool_calls);
    assert_eq!(reading.frame_tokens, said.tokens);
    assert_eq!(reading.error, said.error);
});
