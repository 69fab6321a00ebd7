//! The reader against a plain evaluation of each rule, over plans and frames drawn from a small
//! vocabulary, so that rules meet at the same places.

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

fn some_rules() -> impl Strategy<Value = Vec<Rule>> {
    let when = prop::option::weighted(0.3, (pointer(), "a{0,2}"));
    let rule = (pointer(), when).prop_map(|(at, when)| Rule { at, when });
    prop::collection::vec(rule, 0..4)
}

fn plan() -> impl Strategy<Value = ReadingPlan> {
    let texts = (some_rules(), some_rules(), some_rules());
    let rest = (some_rules(), some_rules(), some_rules(), some_rules(), some_rules());
    (texts, rest).prop_map(|((output, reasoning, tool_calls), rest)| {
        let (frame_tokens, finish_reason, input_tokens, cached_tokens, error) = rest;
        ReadingPlan {
            output,
            reasoning,
            tool_calls,
            frame_tokens,
            finish_reason,
            input_tokens,
            cached_tokens,
            error,
            ..ReadingPlan::default()
        }
    })
}

/// What the reference makes of the frame's place among outputs.
fn expected_seen(said: &reference::Said) -> FrameKind {
    let channel = if !said.output.is_empty() {
        Channel::Output
    } else if said.is_tool_call {
        Channel::ToolCall
    } else if !said.reasoning.is_empty() {
        Channel::Reasoning
    } else {
        return FrameKind::Nothing;
    };
    FrameKind::Output { channel, tokens: said.tokens }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3000))]

    #[test]
    fn a_frame_is_read_as_the_reference_reads_it(plan in plan(), frame in value()) {
        let said = reference::said(&plan, &frame);
        let mut reading = Reading::new();
        let seen = Reader::new(&plan).unwrap().read(frame.to_string().as_bytes(), &mut reading);
        prop_assert_eq!(seen, expected_seen(&said));
        prop_assert_eq!(reading.frame_tokens, said.tokens.filter(|&tokens| tokens > 0));
        let read = reference::Said {
            output: reading.output,
            reasoning: reading.reasoning,
            tool_calls: reading.tool_calls,
            is_tool_call: said.is_tool_call,
            tokens: said.tokens,
            finish_reason: reading.finish_reason,
            usage: reading.usage,
            error: reading.error,
        };
        prop_assert_eq!(read, said);
    }

    #[test]
    fn a_reply_and_its_reading_agree(
        plan in plan(),
        frames in prop::collection::vec(value(), 0..6),
    ) {
        let reader = Reader::new(&plan).unwrap();
        let frames: Vec<String> = frames.iter().map(Value::to_string).collect();
        let mut direct = Reading::new();
        for frame in &frames {
            reader.read(frame.as_bytes(), &mut direct);
        }
        let reply = reader.reply(frames.iter().map(String::as_bytes)).unwrap();
        let back = Reading::from_reply(reply, frames.len() as u32).unwrap();
        prop_assert_eq!(&back.outputs, &direct.outputs);
        prop_assert_eq!((&back.output, &back.reasoning), (&direct.output, &direct.reasoning));
        prop_assert_eq!((&back.tool_calls, &back.error), (&direct.tool_calls, &direct.error));
        prop_assert_eq!(back.usage, direct.usage);
        prop_assert_eq!(back.finish_reason, direct.finish_reason);
    }

    /// Frames that differ from the one before in a text, or nearly so: what is remembered of a
    /// frame must not change how the next is read.
    #[test]
    fn similar_frames_are_read_as_if_each_were_the_first(
        plan in plan(),
        ends in prop::sample::select(vec![
            ("", ""), ("{\"a\":", "}"), ("{\"a\":\"a\",\"b\":", "}"), ("[", ",null,\"a\"]"), ("[{\"a\":", "}]"),
        ]),
        texts in prop::collection::vec(
            prop_oneof![4 => "\"[a-cé]{0,3}\"", 1 => "\"[a\"\\\\\n]{0,3}\"", 1 => "[0-9\"]{1,2}"], 1..8),
    ) {
        let reader = Reader::new(&plan).unwrap();
        let mut together = Reading::new();
        let mut apart = Reading::new();
        for text in texts {
            let frame = format!("{}{text}{}", ends.0, ends.1);
            let mut fresh = Reading::new();
            let seen = reader.read(frame.as_bytes(), &mut together);
            prop_assert_eq!(seen, reader.read(frame.as_bytes(), &mut fresh), "{}", frame);
            apart.output += &fresh.output;
            apart.reasoning += &fresh.reasoning;
            apart.tool_calls += &fresh.tool_calls;
            apart.usage.input_tokens = fresh.usage.input_tokens.or(apart.usage.input_tokens);
            apart.finish_reason = fresh.finish_reason.or(apart.finish_reason);
            apart.error = apart.error.or(fresh.error);
        }
        prop_assert_eq!((together.output, together.reasoning), (apart.output, apart.reasoning));
        prop_assert_eq!((together.tool_calls, together.error), (apart.tool_calls, apart.error));
        prop_assert_eq!(together.usage.input_tokens, apart.usage.input_tokens);
        prop_assert_eq!(together.finish_reason, apart.finish_reason);
    }

    #[test]
    fn any_bytes_are_json_or_unreadable(
        plan in plan(),
        bytes in prop::collection::vec(prop::sample::select(b"[]{}\",:\\u0da1-e. n\xff\xc3".to_vec()), 0..24),
    ) {
        let mut reading = Reading::new();
        let seen = Reader::new(&plan).unwrap().read(&bytes, &mut reading);
        let json: Result<Value, _> = serde_json::from_slice(&bytes);
        let is_blank = bytes.trim_ascii().is_empty();
        // Numbers beyond f64 and lone surrogates are where parsers differ.
        if !bytes.contains(&b'e') && !bytes.contains(&b'u') {
            prop_assert_eq!(seen == FrameKind::Unreadable, json.is_err() && !is_blank);
        }
    }

    #[test]
    fn any_text_is_a_rule_or_an_error(at in "[/~*a01é-]{0,12}", when in "[/~*a01]{0,6}") {
        let rule = Rule { at: at.clone(), when: Some((when.clone(), "x".into())) };
        let plan = ReadingPlan { output: vec![rule], ..ReadingPlan::default() };
        // Escapes are removed in one pass: removing `~0` first would make `~~01` look like `~1`.
        let is_pointer = |text: &str| {
            let slashed = text.is_empty() || text.starts_with('/');
            let mut after_tildes = text.split('~').skip(1);
            slashed && after_tildes.all(|rest| rest.starts_with(['0', '1']))
        };
        prop_assert_eq!(Reader::new(&plan).is_ok(), is_pointer(&at) && is_pointer(&when));
    }
}
