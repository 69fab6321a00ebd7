//! Takes any text as the rules of a plan: one rule a line, of a kind, conditions and modes that its first
//! bytes choose. The rules are rejected, or read fixed frames as the oracle does; they never panic.
#![no_main]

use libfuzzer_sys::fuzz_target;
use loadwright_core::reading::{
    Channel, Condition, CountKind, Fold, Guard, Modes, ReadingPlan, Rule, RuleKind,
};
use loadwright_engine::reading::{Reader, Reading};

#[path = "../../host/engine/src/interpret/reading/reference.rs"]
mod reference;

const FRAMES: [(&str, &str); 3] = [
    (
        "a",
        r#"{"a":"x","b":[{"a":"y","0":["z",1,null]},["",{"a":{"*":"w"}}]],"~/":{"":"v"},"0":"u"}"#,
    ),
    ("", r#"{"a":"xx","b":[{"a":"yy","0":["z",2,true]},{"a":"n","0":[1.5]}],"0":{"message":"m"}}"#),
    ("b", r#"{"a":"xx!","b":[{"a":"yy","0":"z"},{"a":"no","0":false}],"0":[1,2,3]}"#),
];

/// Its first byte chooses the kind, the second the modes, the third the condition of its guard, the
/// pointer of which is behind a tab.
fn rule(line: &str) -> Option<Rule> {
    let mut chars = line.chars();
    let mut choice = || chars.next().map(|it| it as usize);
    let (kind, modes, condition) = (choice()?, choice()?, choice()?);
    let kinds = [
        RuleKind::Text(Channel::Output),
        RuleKind::Text(Channel::Reasoning),
        RuleKind::Text(Channel::ToolCall),
        RuleKind::Text(Channel::Result),
        RuleKind::Tokens,
        RuleKind::Finish,
        RuleKind::End,
        RuleKind::Error,
        RuleKind::Count(CountKind::Input),
        RuleKind::Metric("queue".into()),
    ];
    let folds = [Fold::Last, Fold::SumFrames, Fold::Largest];
    let conditions = [
        Condition::Present,
        Condition::Absent,
        Condition::Equals("x".into()),
        Condition::Equals("1".into()),
        Condition::Equals("true".into()),
        Condition::Equals("a".into()),
    ];
    let (at, guard) = chars
        .as_str()
        .split_once('\t')
        .map_or((chars.as_str(), None), |(at, guard)| (at, Some(guard)));
    let condition = conditions[condition % conditions.len()].clone();
    let guard = guard.map(|at| Guard { at: at.into(), condition });
    Some(Rule {
        kind: kinds[kind % kinds.len()].clone(),
        at: at.into(),
        when: guard.into_iter().collect(),
        modes: Modes {
            so_far: modes & 1 == 1,
            every: modes & 2 == 2,
            one_each: modes & 4 == 4,
            sum: modes & 8 == 8,
            fold: folds[modes / 16 % folds.len()],
        },
    })
}

fuzz_target!(|rules: &str| {
    let rules: Vec<Rule> = rules.split('\n').filter_map(rule).collect();
    let plan = ReadingPlan { rules, ..ReadingPlan::default() };
    let Ok(reader) = Reader::new(&plan) else { return };
    let mut reading = Reading::new();
    let mut oracle = reference::Oracle::default();
    for (event, frame) in FRAMES {
        reader.read_event(event, frame.as_bytes(), &mut reading);
        oracle.read(&plan, event, frame.as_bytes());
        let outputs = reading.outputs.iter().map(|it| (it.frame, it.channel, it.tokens));
        assert_eq!(outputs.collect::<Vec<_>>(), oracle.outputs);
        assert_eq!((&reading.output, &reading.reasoning), (&oracle.output, &oracle.reasoning));
        assert_eq!((&reading.tool_calls, &reading.results), (&oracle.tool_calls, &oracle.results));
        assert_eq!((reading.frame_tokens, reading.usage), (oracle.frame_tokens, oracle.usage));
        assert_eq!(oracle.metrics, reading.metrics.iter().cloned().collect());
        assert_eq!(reading.finish_reason, oracle.finish_reason);
        assert_eq!((&reading.error, reading.done), (&oracle.error, oracle.done));
    }
});
