//! Guards, modes and payloads, each on replies of a service that needs it.

use super::*;

fn so_far(kind: RuleKind, at: &str) -> Rule {
    Rule { modes: Modes { so_far: true, ..Modes::default() }, ..Rule::new(kind, at) }
}

fn folded(kind: RuleKind, at: &str, sum: bool, fold: Fold) -> Rule {
    Rule { modes: Modes { sum, fold, ..Modes::default() }, ..Rule::new(kind, at) }
}

fn every_sum(kind: RuleKind, pointers: &[&str]) -> Vec<Rule> {
    let modes = Modes { every: true, sum: true, ..Modes::default() };
    pointers.iter().map(|&at| Rule { modes, ..Rule::new(kind.clone(), at) }).collect()
}

fn guard(at: &str, condition: Condition) -> Guard {
    Guard { at: at.into(), condition }
}

/// Gemini: parts of a thought and of the answer differ in a boolean of the same element.
#[test]
fn a_guard_that_shares_a_wildcard_is_about_the_same_element() {
    let at = "/candidates/*/content/parts/*/text";
    let thought = "/candidates/*/content/parts/*/thought";
    let plan = plan(vec![
        guarded(OUTPUT, at, &[guard(thought, Condition::Absent)]),
        guarded(REASONING, at, &[equals(thought, "true")]),
    ]);
    let frames = [
        r#"{"candidates":[{"content":{"parts":[{"text":"hm","thought":true},{"text":"a"}]}}]}"#,
        r#"{"candidates":[{"content":{"parts":[{"text":"b"},{"thought":true,"text":"!"}]}}]}"#,
        r#"{"candidates":[{"content":{"parts":[{"text":"c","thought":null}]}}]}"#,
        r#"{"candidates":[{"content":{"parts":[{"text":"d","thought":false}]}}]}"#,
        r#"{"candidates":[{"content":{"parts":[{"text":"e","thought":null}]}},
            {"content":{"parts":[{"text":"f","thought":true}]}}]}"#,
    ];
    let reading = read(&plan, &frames);
    assert_eq!((&*reading.output, &*reading.reasoning), ("abce", "hm!f"));
}

/// The Responses API, not streamed: two wildcards, of which the guard shares the first.
#[test]
fn a_guard_may_share_only_the_outer_wildcard() {
    let guards = [equals("/output/*/type", "message"), equals("/output/*/content/*/type", "text")];
    let text = "/output/*/content/*/text";
    let plan = plan(vec![
        guarded(OUTPUT, text, &guards),
        guarded(REASONING, text, &[equals("/output/*/type", "reasoning")]),
    ]);
    let frame = r#"{"output":[
        {"type":"reasoning","content":[{"type":"text","text":"hm"}]},
        {"content":[{"type":"text","text":"a"},{"type":"other","text":"no"}],"type":"message"},
        {"content":[{"text":"b","type":"text"}],"type":"message"},
        {"content":[{"text":"no","type":"text"}]}]}"#;
    let reading = read(&plan, &[frame]);
    assert_eq!((&*reading.output, &*reading.reasoning), ("ab", "hm"));
}

#[test]
fn guards_hold_by_the_text_of_booleans_and_numbers() {
    let frame = r#"{"t":"x","b":true,"i":3,"n":-2,"f":0.5,"s":"4","z":null,"o":{},"l":[1]}"#;
    for (guard, holds) in [
        (equals("/b", "true"), true),
        (equals("/b", "false"), false),
        (equals("/i", "3"), true),
        (equals("/i", "3.0"), false),
        (equals("/n", "-2"), true),
        (equals("/f", "0.5"), true),
        (equals("/s", "4"), true),
        (equals("/z", "null"), false),
        (equals("/o", "{}"), false),
        (equals("/l", "[1]"), false),
        (equals("/l/*", "1"), true),
        (guard("/o", Condition::Present), true),
        (guard("/z", Condition::Present), false),
        (guard("/none", Condition::Present), false),
        (guard("/o", Condition::Absent), false),
        (guard("/z", Condition::Absent), true),
        (guard("/none", Condition::Absent), true),
        (guard("/l/*", Condition::Absent), false),
    ] {
        let plan = plan(vec![guarded(OUTPUT, "/t", std::slice::from_ref(&guard))]);
        assert_eq!(read(&plan, &[frame]).output == "x", holds, "{guard:?}");
        // All guards of a rule must hold.
        for (other, also) in [(equals("/t", "x"), true), (equals("/t", "y"), false)] {
            let plan = super::plan(vec![guarded(OUTPUT, "/t", &[other, guard.clone()])]);
            assert_eq!(read(&plan, &[frame]).output == "x", holds && also, "{guard:?}");
        }
    }
}

#[test]
fn a_guard_may_be_about_the_name_of_the_event() {
    let plan = plan(vec![
        guarded(OUTPUT, "/t", &[equals(EVENT_NAME, "delta")]),
        guarded(REASONING, "/t", &[guard(EVENT_NAME, Condition::Absent)]),
        guarded(RuleKind::End, "", &[equals(EVENT_NAME, "stop")]),
    ]);
    assert!(plan.uses_event_names());
    let reader = Reader::new(&plan).unwrap();
    assert!(reader.knows_the_end());
    let mut reading = Reading::new();
    // Frames of one shape, which are not parsed again.
    for (event, text) in [("delta", "a"), ("", "r"), ("ping", "no"), ("delta", "b")] {
        reader.read_event(event, format!(r#"{{"t":"{text}"}}"#).as_bytes(), &mut reading);
    }
    assert_eq!((&*reading.output, &*reading.reasoning, reading.done), ("ab", "r", false));
    reader.read_event("stop", b"{}", &mut reading);
    assert!(reading.done);
    assert_eq!(reader.read_event("delta", br#"{"t":"late"}"#, &mut reading), FrameKind::Nothing);
    assert_eq!((&*reading.output, reading.frames), ("ab", 6));
}

/// DashScope without incremental output: each frame repeats the text and the usage so far.
#[test]
fn cumulative_texts_and_tokens_give_what_is_new() {
    let plan = plan(vec![
        so_far(OUTPUT, "/choices/*/text"),
        so_far(RuleKind::Tokens, "/usage/output"),
        Rule::new(OUTPUT_TOKENS, "/usage/output"),
    ]);
    let frames = [
        r#"{"choices":[{"text":"He"},{"text":"1"}],"usage":{"output":2}}"#,
        r#"{"choices":[{"text":"Hello"},{"text":"1"}],"usage":{"output":5}}"#,
        r#"{"choices":[{"text":"Hello"},{"text":"12"}],"usage":{"output":6}}"#,
        r#"{"choices":[{"text":"Hello"},{"text":"12"}],"usage":{"output":6}}"#,
        r#"{"choices":[{"text":""},{"text":"123"}],"usage":{"output":7}}"#,
        r#"{"choices":[{"text":"Hallo"},{"text":"123"}],"usage":{"output":4}}"#,
        r#"{"choices":[{"text":"Hallo!"},{"text":"123"}],"usage":{"output":5}}"#,
    ];
    let reading = read(&plan, &frames);
    assert_eq!(reading.output, "He1llo23Hallo!");
    let outputs: Vec<_> = reading.outputs.iter().map(|it| (it.frame, it.tokens)).collect();
    let expected =
        [(0, Some(2)), (1, Some(3)), (2, Some(1)), (4, Some(1)), (5, Some(0)), (6, Some(1))];
    assert_eq!(outputs, expected);
    assert_eq!((reading.frame_tokens, reading.usage.output_tokens), (Some(8), Some(5)));
}

#[test]
fn cumulative_texts_are_remembered_for_a_limited_number_of_places() {
    let places: Vec<String> = (0..2000).map(|n| format!(r#""{n}-""#)).collect();
    let longer: Vec<String> = (0..2000).map(|n| format!(r#""{n}-x""#)).collect();
    let frames = [format!("[{}]", places.join(",")), format!("[{}]", longer.join(","))];
    let plan = plan(vec![so_far(OUTPUT, "/*")]);
    let reader = Reader::new(&plan).unwrap();
    let mut reading = Reading::new();
    reader.read(frames[0].as_bytes(), &mut reading);
    let before = reading.output.len();
    reader.read(frames[1].as_bytes(), &mut reading);
    let whole: usize = (1024..2000).map(|n: usize| format!("{n}-x").len()).sum();
    assert_eq!(reading.output.len() - before, 1024 + whole);
    let held = reading.held();
    assert!(held > 1024 * size_of::<String>(), "{held}");
    reading.clear();
    reader.read(frames[1].as_bytes(), &mut reading);
    assert!(reading.output.starts_with("0-x1-x"));
}

/// Anthropic: the prompt's tokens are three counts, of which later frames repeat some.
#[test]
fn counts_of_several_places_are_added() {
    let input = ["/usage/input_tokens", "/usage/cache_creation", "/usage/cache_read"];
    let plan = plan(every_sum(RuleKind::Count(CountKind::Input), &input));
    let frames = [
        r#"{"usage":{"input_tokens":10,"cache_creation":200,"cache_read":3000}}"#,
        r#"{"usage":{"input_tokens":11,"cache_creation":200,"cache_read":3000}}"#,
        r#"{"delta":{}}"#,
    ];
    assert_eq!(read(&plan, &frames).usage.input_tokens, Some(3211));
    let too_many = r#"{"usage":{"input_tokens":4294967295,"cache_read":1}}"#;
    assert_eq!(read(&plan, &[too_many]).usage.input_tokens, Some(u32::MAX));
}

#[test]
fn values_are_folded_as_the_mode_says() {
    let frames = [r#"{"n":[1,5]}"#, r#"{"n":[4,3]}"#, r#"{"n":[2]}"#];
    for (sum, fold, expected) in [
        (false, Fold::Last, 2),
        (true, Fold::Last, 2),
        (false, Fold::Largest, 5),
        (true, Fold::Largest, 7),
        (true, Fold::SumFrames, 15),
        (false, Fold::SumFrames, 15),
    ] {
        let count = plan(vec![folded(OUTPUT_TOKENS, "/n/*", sum, fold)]);
        let reading = read(&count, &frames);
        assert_eq!(reading.usage.output_tokens, Some(expected), "{sum} {fold:?}");
        let metric = plan(vec![folded(RuleKind::Metric("x".into()), "/n/*", sum, fold)]);
        let expected = vec![("x".to_owned(), f64::from(expected))];
        assert_eq!(read(&metric, &frames).metrics, expected, "{sum} {fold:?}");
    }
    let one = Modes { one_each: true, sum: true, ..Modes::default() };
    let plan = plan(vec![Rule { modes: one, ..Rule::new(OUTPUT_TOKENS, "/n/*") }]);
    assert_eq!(read(&plan, &frames[..2]).usage.output_tokens, Some(2));
}

/// Text Generation Inference: a frame is a token.
#[test]
fn a_match_may_count_as_one_token() {
    let one = Modes { one_each: true, ..Modes::default() };
    let plan = plan(vec![
        Rule::new(OUTPUT, "/token/text"),
        Rule { modes: one, ..Rule::new(RuleKind::Tokens, "/token") },
    ]);
    let frames = [r#"{"token":{"text":"a"}}"#, r#"{"token":{"text":""}}"#, r#"{"token":null}"#];
    let reading = read(&plan, &frames);
    assert_eq!((reading.frame_tokens, reading.outputs.len()), (Some(2), 1));
    assert_eq!(reading.outputs[0].tokens, Some(1));
}

#[test]
fn metrics_are_finite_numbers() {
    let plan = plan(vec![
        Rule::new(RuleKind::Metric("queue".into()), "/q"),
        folded(RuleKind::Metric("sum".into()), "/s", true, Fold::SumFrames),
    ]);
    let frames = [
        r#"{"q":0.25,"s":1e308}"#,
        r#"{"q":"0.5","s":1e308}"#,
        r#"{"q":true}"#,
        r#"{"q":null}"#,
        r#"{"q":[1]}"#,
        r#"{"q":-7}"#,
        r#"{"q":{}}"#,
    ];
    let metrics = read(&plan, &frames).metrics;
    assert_eq!(metrics, [("queue".to_owned(), -7.0), ("sum".to_owned(), 1e308)]);
    let values = [("a", f64::NAN), ("b", f64::INFINITY), ("c", 1.0)];
    let metrics = values.map(|(name, value)| (name.to_owned(), value)).to_vec();
    let reply = Reply { metrics, ..Reply::default() };
    let reading = Reading::from_reply(reply, 0).unwrap();
    assert_eq!(reading.metrics, [("c".to_owned(), 1.0)]);
}

#[test]
fn results_are_output_without_text() {
    let plan = plan(rules(&RESULT, &["/data/*/embedding", "/score"]));
    let kinds = [
        (r#"{"data":[{"embedding":[0.1,0.2]}]}"#, true),
        (r#"{"data":[{"embedding":[]}]}"#, false),
        (r#"{"data":[]}"#, false),
        (r#"{"score":0}"#, true),
        (r#"{"score":false}"#, true),
        (r#"{"score":null}"#, false),
        (r#"{"score":{}}"#, false),
        (r#"{"score":"high"}"#, true),
    ];
    let reader = Reader::new(&plan).unwrap();
    for (frame, is_output) in kinds {
        let kind = reader.read(frame.as_bytes(), &mut Reading::new());
        let output = FrameKind::Output { channel: Channel::Result, tokens: None };
        assert_eq!(kind == output, is_output, "{frame}");
    }
    let reading = read(&plan, &[kinds[0].0]);
    assert_eq!((&*reading.output, reading.outputs.len()), ("", 1));
}

#[test]
fn any_value_but_null_or_false_ends_a_reply() {
    let plan = plan(rules(&RuleKind::End, &["/done"]));
    for (value, ends) in [
        ("true", true),
        ("false", false),
        ("null", false),
        ("0", true),
        ("\"\"", true),
        ("{}", true),
        ("[]", true),
    ] {
        let frame = format!(r#"{{"done":{value}}}"#);
        assert_eq!(read(&plan, &[&frame]).done, ends, "{value}");
    }
}

#[test]
fn the_error_is_that_of_the_element_whose_guard_holds() {
    let rule = guarded(RuleKind::Error, "/events/*/data", &[equals("/events/*/type", "error")]);
    let frame = r#"{"events":[{"type":"text","data":{"message":"no"}},
        {"data":{"message":"out of memory"},"type":"error"}]}"#;
    assert_eq!(read(&plan(vec![rule]), &[frame]).error.as_deref(), Some("out of memory"));
}

#[test]
fn payloads_may_be_text_or_opaque() {
    let done = vec!["[DONE]".to_owned()];
    let text = ReadingPlan { payload: Payload::Text, done, ..output_plan(&[""]) };
    let reading = read(&text, &[" a", "", "{", "b ", "[DONE]", "late"]);
    assert_eq!((&*reading.output, reading.done, reading.unreadable), (" a{b ", true, None));

    let opaque = ReadingPlan { payload: Payload::Opaque, ..ReadingPlan::default() };
    let reading = read(&opaque, &["RIFF", "", "data"]);
    let frames: Vec<_> = reading.outputs.iter().map(|it| (it.frame, it.channel)).collect();
    assert_eq!(frames, [(0, Channel::Result), (2, Channel::Result)]);

    let text = ReadingPlan { payload: Payload::Text, ..output_plan(&["/a"]) };
    assert_eq!(Reader::new(&text).unwrap_err(), InvalidRule::IntoText("/a".into()));
    let opaque = ReadingPlan { payload: Payload::Opaque, ..output_plan(&[""]) };
    assert_eq!(Reader::new(&opaque).unwrap_err(), InvalidRule::Opaque);
}

#[test]
fn only_a_frame_that_begins_as_json_is_damaged() {
    for (frame, damaged) in [("ping", false), (": hi", false), ("{\"a\":", true), (" [1", true)] {
        let reading = read(&output_plan(&["/a"]), &[frame]);
        assert_eq!((reading.unreadable.is_some(), reading.damaged), (true, damaged), "{frame}");
    }
}
