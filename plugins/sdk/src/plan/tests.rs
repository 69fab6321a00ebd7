//! The plan that comes out.

use super::*;

#[test]
fn a_plan_is_what_was_said() {
    let plan = Plan::new()
        .framing("sse")
        .done("[DONE]")
        .output("/a")
        .when("/type", "text")
        .when_absent("/b")
        .count("input", "/n")
        .every()
        .sum()
        .metric("queue", "/q")
        .next_from_decode()
        .build();
    let rule = |kind: &str, at: &str| Rule {
        kind: kind.into(),
        at: at.into(),
        when: vec![],
        modes: vec![],
    };
    let guard = |at: &str, condition| Guard { at: at.into(), condition };
    let wanted = ReadingPlan {
        framing: "sse".into(),
        payload: "json".into(),
        done: vec!["[DONE]".into()],
        rules: vec![
            Rule {
                when: vec![
                    guard("/type", Condition::Equals("text".into())),
                    guard("/b", Condition::Absent),
                ],
                ..rule("output", "/a")
            },
            Rule { modes: vec!["every".into(), "sum".into()], ..rule("count:input", "/n") },
            rule("metric:queue", "/q"),
        ],
        next: "decode".into(),
        extra: String::new(),
    };
    assert_eq!(plan, wanted);
}
