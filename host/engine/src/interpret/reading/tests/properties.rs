//! The reader against a plain evaluation of each rule, over plans and frames drawn from a small
//! vocabulary, so that rules meet at the same places.

use super::reference::Oracle;
use super::*;
use proptest::prelude::*;
use serde_json::{Map, Value, json};

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        (-2i64..5).prop_map(Value::from),
        Just(json!(5_000_000_000_u64)),
        Just(json!(1.5)),
        Just(json!(2.0)),
        "[a\"\\\\\n😀]{0,3}".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 40, 4, |inner| {
        let key = prop::sample::select(vec!["a", "b", "0", "message", "~"]);
        let members = prop::collection::vec((key, inner.clone()), 0..4);
        let object = |members: Vec<(&str, Value)>| {
            let members = members.into_iter().map(|(key, value)| (key.into(), value));
            Value::Object(members.collect::<Map<_, _>>())
        };
        prop_oneof![
            members.prop_map(object),
            prop::collection::vec(inner, 0..4).prop_map(Value::from),
        ]
    })
}

fn pointer() -> impl Strategy<Value = String> {
    let step = prop::sample::select(vec!["/a", "/b", "/0", "/1", "/*", "/*", "/~0", "/message"]);
    prop::collection::vec(step, 0..4).prop_map(|steps| steps.concat())
}

fn kind() -> impl Strategy<Value = RuleKind> {
    let channel = prop::sample::select(vec![
        Channel::Output,
        Channel::Output,
        Channel::Reasoning,
        Channel::ToolCall,
        Channel::Result,
    ]);
    prop_oneof![
        12 => channel.prop_map(RuleKind::Text),
        4 => Just(RuleKind::Tokens),
        2 => Just(RuleKind::Finish),
        1 => Just(RuleKind::End),
        2 => Just(RuleKind::Error),
        4 => Just(RuleKind::Count(CountKind::Input)),
        2 => Just(RuleKind::Count(CountKind::Cached)),
        4 => Just(RuleKind::Metric("queue".into())),
        2 => Just(RuleKind::Metric("load".into())),
    ]
}

fn condition() -> impl Strategy<Value = Condition> {
    let scalars = vec!["true", "false", "1", "-1", "1.5", "2.0", "2", "null"];
    prop_oneof![
        3 => "a{0,2}".prop_map(Condition::Equals),
        2 => prop::sample::select(scalars).prop_map(|text| Condition::Equals(text.into())),
        2 => Just(Condition::Present),
        2 => Just(Condition::Absent),
    ]
}

fn modes() -> impl Strategy<Value = Modes> {
    let fold = prop::sample::select(vec![Fold::Last, Fold::SumFrames, Fold::Largest]);
    let flag = || prop::bool::weighted(0.2);
    (flag(), flag(), flag(), flag(), fold).prop_map(|(so_far, every, one_each, sum, fold)| Modes {
        so_far,
        every,
        one_each,
        sum,
        fold,
    })
}

fn rule() -> impl Strategy<Value = Rule> {
    // A guard's pointer is often the beginning of the rule's, with other last steps.
    let guard = (any::<prop::sample::Index>(), pointer(), condition(), prop::bool::weighted(0.1));
    let guards = prop::collection::vec(guard, 0..3);
    (kind(), pointer(), guards, modes()).prop_map(|(kind, at, guards, modes)| {
        let when = guards.into_iter().map(|(cut, own, condition, of_event)| {
            let slashes = at.match_indices('/').map(|(index, _)| index).chain([at.len()]);
            let cuts: Vec<usize> = slashes.collect();
            let begun = &at[..cuts[cut.index(cuts.len())]];
            let place = if of_event { EVENT_NAME.to_owned() } else { format!("{begun}{own}") };
            Guard { at: place, condition }
        });
        Rule { kind, when: when.collect(), at, modes }
    })
}

fn plan() -> impl Strategy<Value = ReadingPlan> {
    let rules = prop::collection::vec(rule(), 0..10);
    rules.prop_map(|rules| ReadingPlan { rules, ..ReadingPlan::default() })
}

fn event() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec!["", "a", "aa", "b"])
}

/// Frames of a reply: few shapes, so that cumulative texts go on and the memo is used.
fn similar_frames() -> impl Strategy<Value = Vec<(&'static str, String)>> {
    let text = prop_oneof![
        8 => "\"[a-cé]{0,3}\"", 1 => "\"[a\"\\\\\n]{0,3}\"", 1 => "[0-9\"]{1,2}",
        1 => Just("true".to_owned()), 1 => Just("null".to_owned()),
    ];
    let ends = prop::sample::select(vec![
        ("", ""),
        ("{\"a\":", "}"),
        ("{\"a\":\"a\",\"b\":", "}"),
        ("[", ",null,\"a\"]"),
        ("[{\"a\":", "},{\"b\":true,\"a\":\"b\"}]"),
        ("{\"a\":[{\"b\":", ",\"a\":1},{\"b\":\"ab\"}],\"b\":2}"),
    ]);
    let frames = prop::collection::vec((event(), text), 1..8);
    (ends, frames).prop_map(|((before, after), frames)| {
        let frame = |(event, text)| (event, format!("{before}{text}{after}"));
        frames.into_iter().map(frame).collect()
    })
}

/// Reads frames by the reader and by the oracle, which must agree after each.
fn compare<F: AsRef<[u8]>>(plan: &ReadingPlan, frames: &[(&str, F)]) -> Result<(), TestCaseError> {
    let reader = Reader::new(plan).unwrap();
    let (mut reading, mut oracle) = (Reading::new(), Oracle::default());
    for (event, frame) in frames {
        reader.read_event(event, frame.as_ref(), &mut reading);
        oracle.read(plan, event, frame.as_ref());
        let outputs: Vec<_> =
            reading.outputs.iter().map(|it| (it.frame, it.channel, it.tokens)).collect();
        prop_assert_eq!(&outputs, &oracle.outputs);
        prop_assert_eq!((&reading.output, &reading.reasoning), (&oracle.output, &oracle.reasoning));
        prop_assert_eq!(
            (&reading.tool_calls, &reading.results),
            (&oracle.tool_calls, &oracle.results)
        );
        prop_assert_eq!((reading.frame_tokens, reading.usage), (oracle.frame_tokens, oracle.usage));
        prop_assert_eq!(&oracle.metrics, &reading.metrics.iter().cloned().collect());
        prop_assert_eq!(&reading.finish_reason, &oracle.finish_reason);
        prop_assert_eq!((&reading.error, reading.done), (&oracle.error, oracle.done));
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3000))]

    #[test]
    fn a_reply_is_read_as_the_reference_reads_it(
        plan in plan(),
        frames in prop::collection::vec((event(), value().prop_map(|it| it.to_string())), 1..6),
    ) {
        compare(&plan, &frames)?;
    }

    /// Frames that differ from the one before in a text, or nearly so: what is remembered of a
    /// frame must not change how the next is read.
    #[test]
    fn similar_frames_are_read_as_the_reference_reads_them(
        plan in plan(),
        frames in similar_frames(),
    ) {
        compare(&plan, &frames)?;
    }

    #[test]
    fn payloads_that_are_text_are_read_as_the_reference_reads_them(
        mut plan in plan(),
        frames in prop::collection::vec((event(), prop::collection::vec(
            prop::sample::select(b"a\"{ 1\xff".to_vec()), 0..4)), 1..6),
        is_opaque in any::<bool>(),
    ) {
        for rule in &mut plan.rules {
            rule.at.clear();
            rule.when.iter_mut().filter(|it| it.at != EVENT_NAME).for_each(|it| it.at.clear());
        }
        plan.payload = Payload::Text;
        if is_opaque {
            (plan.payload, plan.rules) = (Payload::Opaque, Vec::new());
        }
        compare(&plan, &frames)?;
    }

    #[test]
    fn a_reply_and_its_reading_agree(
        plan in plan(),
        frames in prop::collection::vec((event(), value().prop_map(|it| it.to_string())), 0..6),
    ) {
        let reader = Reader::new(&plan).unwrap();
        let mut direct = Reading::new();
        for (event, frame) in &frames {
            reader.read_event(event, frame.as_bytes(), &mut direct);
        }
        let named = frames.iter().map(|(event, frame)| (*event, frame.as_bytes()));
        let reply = reader.reply(named).unwrap();
        let back = Reading::from_reply(reply, frames.len() as u32).unwrap();
        prop_assert_eq!(&back.outputs, &direct.outputs);
        prop_assert_eq!((&back.output, &back.reasoning), (&direct.output, &direct.reasoning));
        prop_assert_eq!((&back.tool_calls, &back.error), (&direct.tool_calls, &direct.error));
        prop_assert_eq!((&back.results, &back.metrics), (&direct.results, &direct.metrics));
        prop_assert_eq!(back.usage, direct.usage);
        prop_assert_eq!(back.finish_reason, direct.finish_reason);
    }

    #[test]
    fn any_bytes_are_json_or_unreadable(
        plan in plan(),
        bytes in prop::collection::vec(prop::sample::select(b"[]{}\",:\\u0da1-e. n\xff\xc3".to_vec()), 0..24),
    ) {
        let mut reading = Reading::new();
        let kind = Reader::new(&plan).unwrap().read(&bytes, &mut reading);
        let json: Result<Value, _> = serde_json::from_slice(&bytes);
        let is_blank = bytes.trim_ascii().is_empty();
        // Numbers beyond f64 and lone surrogates are where parsers differ.
        if !bytes.contains(&b'e') && !bytes.contains(&b'u') {
            prop_assert_eq!(kind == FrameKind::Unreadable, json.is_err() && !is_blank);
        }
    }

    #[test]
    fn any_text_is_a_rule_or_an_error(at in "[/~*a01é-]{0,12}", when in "[/~*a01]{0,6}") {
        let guard = Guard { at: when.clone(), condition: Condition::Equals("x".into()) };
        let mut rule = Rule::new(RuleKind::Text(Channel::Output), at.clone());
        rule.when.push(guard);
        let plan = ReadingPlan { rules: vec![rule], ..ReadingPlan::default() };
        // Escapes are removed in one pass: removing `~0` first would make `~~01` look like `~1`.
        let is_pointer = |text: &str| {
            let slashed = text.is_empty() || text.starts_with('/');
            let mut after_tildes = text.split('~').skip(1);
            slashed && after_tildes.all(|rest| rest.starts_with(['0', '1']))
        };
        prop_assert_eq!(Reader::new(&plan).is_ok(), is_pointer(&at) && is_pointer(&when));
    }
}
