//! Readings against plain JSON look-ups by the same rules.

use super::*;
use loadwright_core::reading::{
    Condition, CountKind, EVENT_NAME, Fold, Guard, Modes, Piece, Reply, Rule, RuleKind,
};

mod modes;
mod openai;
mod properties;

const OUTPUT: RuleKind = RuleKind::Text(Channel::Output);
const REASONING: RuleKind = RuleKind::Text(Channel::Reasoning);
const TOOL_CALL: RuleKind = RuleKind::Text(Channel::ToolCall);
const RESULT: RuleKind = RuleKind::Text(Channel::Result);
const OUTPUT_TOKENS: RuleKind = RuleKind::Count(CountKind::Output);

fn rules(kind: &RuleKind, pointers: &[&str]) -> Vec<Rule> {
    pointers.iter().map(|&at| Rule::new(kind.clone(), at)).collect()
}

fn equals(at: &str, text: &str) -> Guard {
    Guard { at: at.into(), condition: Condition::Equals(text.into()) }
}

fn guarded(kind: RuleKind, at: &str, when: &[Guard]) -> Rule {
    Rule { when: when.to_vec(), ..Rule::new(kind, at) }
}

fn plan(rules: Vec<Rule>) -> ReadingPlan {
    ReadingPlan { rules, ..ReadingPlan::default() }
}

fn output_plan(pointers: &[&str]) -> ReadingPlan {
    plan(rules(&OUTPUT, pointers))
}

fn read(plan: &ReadingPlan, frames: &[&str]) -> Reading {
    let reader = Reader::new(plan).unwrap();
    let mut reading = Reading::new();
    for frame in frames {
        reader.read(frame.as_bytes(), &mut reading);
    }
    reading
}

#[test]
fn text_is_what_the_first_rule_matches_that_matches_any() {
    let frame = r#"{"b":"1","a":[{"x":"2"},{"y":"no"},{"x":"3"}],"c":4,"d":null,"e":["no"]}"#;
    let cases: [(&[&str], &str); 8] = [
        (&["/a/*/x", "/b"], "23"),
        (&["/c", "/b", "/a/*/x"], "1"),
        (&["/a/2/x", "/a/*/x"], "3"),
        (&["/a/0/x"], "2"),
        (&["/a/00/x", "/a/-/x", "/a/9/x", "/a/x"], ""),
        (&["/c", "/d", "/e", "", "/a"], ""),
        (&["/*", "/*/*"], ""),
        (&["/e/*"], "no"),
    ];
    for (pointers, expected) in cases {
        let reading = read(&output_plan(pointers), &[frame]);
        assert_eq!(reading.output, expected, "{pointers:?}");
    }
    assert_eq!(read(&output_plan(&[""]), &[r#""all""#]).output, "all");
}

#[test]
fn tool_calls_are_what_all_rules_match() {
    let plan = plan(rules(&TOOL_CALL, &["/n/*", "/a/*"]));
    assert_eq!(read(&plan, &[r#"{"a":["1","2"],"n":["look ","go "]}"#]).tool_calls, "look go 12");
}

#[test]
fn pointers_are_escaped_as_in_rfc_6901() {
    let frame =
        r#"{"a/b":"1","m~n":"2","~1":"3","":"4","a":{"":"5"},"0":"6","*":"7","\u0065":"8"}"#;
    for (pointer, expected) in [
        ("/a~1b", "1"),
        ("/m~0n", "2"),
        ("/~01", "3"),
        ("/", "4"),
        ("/a/", "5"),
        ("/0", "6"),
        ("/*", ""),
        ("/e", "8"),
    ] {
        assert_eq!(read(&output_plan(&[pointer]), &[frame]).output, expected, "{pointer}");
    }
}

#[test]
fn invalid_rules_are_named() {
    let deep = "/a".repeat(65);
    let cases = [
        ("a", "the pointer `a` of the reading plan must be empty or begin with `/`".into()),
        (
            "/a~",
            "the pointer `/a~` of the reading plan has a `~` that is neither `~0` nor `~1`".into(),
        ),
        (
            "/~2",
            "the pointer `/~2` of the reading plan has a `~` that is neither `~0` nor `~1`".into(),
        ),
        (deep.as_str(), format!("the pointer `{deep}` of the reading plan has more than 64 steps")),
    ];
    for (pointer, expected) in cases {
        let error = Reader::new(&output_plan(&[pointer])).unwrap_err();
        assert_eq!(error.to_string(), expected);
        let plan = plan(vec![guarded(RuleKind::Error, "/a", &[equals(pointer, "x")])]);
        assert_eq!(Reader::new(&plan).unwrap_err(), error);
    }
}

#[test]
fn plans_are_bounded() {
    let many = vec!["/a"; 1025];
    assert_eq!(Reader::new(&output_plan(&many)).unwrap_err(), InvalidRule::TooMany(1024));
    assert!(Reader::new(&output_plan(&many[1..])).is_ok());

    let guard = |n: usize| guarded(OUTPUT, "/a", &[equals("/b", &n.to_string())]);
    let guards: Vec<Rule> = (0..65).map(guard).collect();
    assert!(Reader::new(&plan(guards[1..].to_vec())).is_ok());
    assert_eq!(Reader::new(&plan(guards)).unwrap_err(), InvalidRule::TooManyGuards(64));

    // Each `*` beside an index doubles the places below it.
    let mixed: Vec<String> =
        (0..16).map(|n| format!("{}/{n}{}", "/*".repeat(n), "/*".repeat(16 - n))).collect();
    let mixed: Vec<&str> = mixed.iter().map(String::as_str).collect();
    assert_eq!(Reader::new(&output_plan(&mixed)).unwrap_err(), InvalidRule::TooManyNodes(4096));
}

#[test]
fn guards_choose_frames() {
    let plan = plan(vec![
        guarded(OUTPUT, "/delta/text", &[equals("/type", "text")]),
        guarded(OUTPUT, "/name", &[equals("/tags/*", "shown")]),
        guarded(REASONING, "/delta/text", &[equals("/type", "thinking")]),
    ]);
    let reading = read(
        &plan,
        &[
            r#"{"type":"thinking","delta":{"text":"hm"}}"#,
            r#"{"delta":{"text":"a"},"type":"text"}"#,
            r#"{"delta":{"text":"b"}}"#,
            r#"{"delta":{"text":"c"},"type":["text"]}"#,
            r#"{"name":"d","tags":["x","shown"]}"#,
            r#"{"name":"e","tags":["x"]}"#,
        ],
    );
    assert_eq!((&*reading.output, &*reading.reasoning), ("ad", "hm"));
    let frames: Vec<_> = reading.outputs.iter().map(|output| output.frame).collect();
    assert_eq!(frames, [0, 1, 4]);
}

#[test]
fn text_is_unescaped() {
    for (json, expected) in [
        (r#""\n\t\"\\\/\b\f\r""#, "\n\t\"\\/\u{8}\u{c}\r"),
        (r#""\u00e9\ud83d\ude00 é😀""#, "é😀 é😀"),
        (r#""\u0000""#, "\0"),
    ] {
        assert_eq!(read(&output_plan(&[""]), &[json]).output, expected, "{json}");
    }
}

#[test]
fn counts_are_whole_numbers_of_32_bits() {
    let plan = plan(rules(&OUTPUT_TOKENS, &["/n"]));
    for (value, expected) in [
        ("7", Some(7)),
        ("7.0", Some(7)),
        ("4294967295", Some(u32::MAX)),
        ("4294967296", None),
        ("18446744073709551616", None),
        ("-1", None),
        ("1.5", None),
        ("\"7\"", None),
        ("null", None),
        ("true", None),
        ("[7]", None),
    ] {
        let frame = format!(r#"{{"n":{value}}}"#);
        let reading = read(&plan, &[&frame]);
        assert_eq!(reading.usage.output_tokens, expected, "{value}");
        assert_eq!(reading.unreadable, None, "{value}");
    }
}

#[test]
fn the_last_count_and_finish_reason_are_kept() {
    let plan = plan(
        [
            rules(&OUTPUT_TOKENS, &["/usage/n", "/n"]),
            rules(&RuleKind::Finish, &["/choices/*/finish"]),
        ]
        .concat(),
    );
    let frames = [
        r#"{"n":1,"choices":[{"finish":"stop"},{"finish":"length"}]}"#,
        r#"{"n":2,"usage":{"n":3},"choices":[{"finish":null},{"finish":""}]}"#,
        r#"{"usage":null,"choices":[]}"#,
    ];
    let reading = read(&plan, &frames);
    assert_eq!(reading.usage.output_tokens, Some(3));
    assert_eq!(reading.finish_reason.as_deref(), Some("length"));
}

#[test]
fn frame_tokens_are_those_of_the_first_rule_that_matches_any() {
    let tokens = rules(&RuleKind::Tokens, &["/c/*/ids", "/c/*/logprobs/content"]);
    let plan = plan([rules(&OUTPUT, &["/t"]), tokens].concat());
    let reading = read(
        &plan,
        &[
            r#"{"t":"a","c":[{"ids":[1,2]},{"ids":[3],"logprobs":{"content":[{},{}]}}]}"#,
            r#"{"t":"b","c":[{"ids":[],"logprobs":{"content":[{"token":"x"}]}}]}"#,
            r#"{"t":"c","c":[{"ids":null,"logprobs":null}]}"#,
            r#"{"t":"","c":[{"ids":[9]}]}"#,
            r#"{"t":"d","c":[{"ids":5}]}"#,
            r#"{"t":"e","c":[{"ids":[]}]}"#,
        ],
    );
    let outputs: Vec<_> = reading.outputs.iter().map(|seen| (seen.frame, seen.tokens)).collect();
    assert_eq!(outputs, [(0, Some(3)), (1, Some(1)), (2, None), (4, Some(5)), (5, Some(0))]);
    assert_eq!(reading.frame_tokens, Some(10));
}

#[test]
fn the_first_error_is_kept() {
    let plan = plan(rules(&RuleKind::Error, &["/error", "/errors/*"]));
    let long = "é".repeat(3000);
    let cases = [
        (
            r#"{"error":{"message":"no \u0022memory\u0022","code":500}}"#.into(),
            Some("no \"memory\""),
        ),
        (r#"{"error":{"code":500}}"#.into(), Some(r#"{"code":500}"#)),
        (r#"{"error":{"message":null}}"#.into(), Some(r#"{"message":null}"#)),
        (r#"{"error":{}}"#.into(), Some("{}")),
        (r#"{"error":"text"}"#.into(), Some("text")),
        (r#"{"error":500}"#.into(), Some("500")),
        (r#"{"error":true}"#.into(), Some("true")),
        (r#"{"error":["a"]}"#.into(), Some(r#"["a"]"#)),
        (r#"{"errors":[null,"b"],"error":null}"#.into(), Some("b")),
        (r#"{"error":null}"#.into(), None),
        (r#"{"error":false}"#.into(), None),
        (r#"{"error":""}"#.into(), None),
        (format!(r#"{{"error":"{long}"}}"#), Some(&long[..4096])),
    ];
    for (frame, expected) in &cases {
        let reading = read(&plan, &[frame, r#"{"error":"later"}"#]);
        let error = reading.error.unwrap();
        let error = error.strip_suffix('…').unwrap_or(&error);
        assert_eq!(error, expected.unwrap_or("later"), "{frame:.60}");
    }
}

#[test]
fn a_frame_that_is_not_json_is_unreadable_and_adds_nothing() {
    let plan = output_plan(&["/a"]);
    let reader = Reader::new(&plan).unwrap();
    let frames: [&[u8]; 12] = [
        b"{\"a\":\"x\"",
        b"{\"a\":\"x\"} {",
        b"nonsense",
        b"{\"a\":\"x\",}",
        b"{\"a\":\"\xff\"}",
        b"{\"b\":\"\xff\",\"a\":\"x\"}",
        b"{\"a\":\"\\ud8\"}",
        b"{\"a\":\"\n\"}",
        b"{\"a\":\"x\",\"b\":[1,}",
        b"{\"a\":\"x\",\"b\":tru}",
        b"{\"a\":\"x\",\"b\":01}",
        b"\xef\xbb\xbf{}",
    ];
    for frame in frames {
        let mut reading = Reading::new();
        let shown = String::from_utf8_lossy(frame);
        assert_eq!(reader.read(frame, &mut reading), FrameKind::Unreadable, "{shown}");
        assert_eq!((&*reading.output, reading.outputs.len()), ("", 0), "{shown}");
        assert!(reading.unreadable.unwrap().contains(&*shown), "{shown}");
    }
    let reading = read(&plan, &[r#"{"a":"x"}"#, "oops", "again", r#"{"a":"y"}"#]);
    assert_eq!(
        reading.unreadable.unwrap(),
        "frame 1 is not JSON (expected value at line 1 column 1): oops"
    );
    assert_eq!((&*reading.output, reading.frames), ("xy", 4));
}

#[test]
fn lone_surrogates_are_read_as_replacement_characters() {
    let frames =
        [r#"{"a":"x\ud83d"}"#, r#"{"a":"\ude00y"}"#, r#"{"a":"\ud83d\ude00","b":"\ud800"}"#];
    let reading = read(&output_plan(&["/a"]), &frames);
    assert_eq!((reading.unreadable, &*reading.output), (None, "x\u{fffd}\u{fffd}y\u{1f600}"));
    assert_eq!(reading.outputs.len(), 3);
    // Beside a text that stands for itself, frame after frame.
    let beside = [r#"{"a":"p","b":"\ud800"}"#, r#"{"a":"q","b":"\ud800"}"#];
    assert_eq!(read(&output_plan(&["/a"]), &beside).output, "pq");
}

#[test]
fn frames_of_white_space_carry_nothing() {
    let reading = read(&output_plan(&["/a"]), &["", "  ", "\n"]);
    assert_eq!((reading.unreadable, reading.outputs.len(), reading.frames), (None, 0, 3));
}

/// On a stack of 1 MiB, which a recursive descent of a million levels would overflow.
#[test]
fn deep_nesting_is_bounded() {
    let run = || {
        let pointer = "/*".repeat(64);
        let plans = [output_plan(&["/a"]), output_plan(&[&pointer])];
        for plan in plans {
            for open in ["[", "{\"a\":", "[{\"b\":"] {
                let reading = read(&plan, &[&open.repeat(1_000_000)]);
                assert!(reading.unreadable.is_some(), "{open}");
            }
            let nested =
                format!(r#"{{"b":{}{},"a":"x"}}"#, "[".repeat(500_000), "]".repeat(500_000));
            let reading = read(&plan, &[&nested]);
            assert_eq!(reading.unreadable, None);
        }
        let plan = plan(rules(&RuleKind::Error, &["/error"]));
        let nested = format!(r#"{{"error":{}{}}}"#, "[".repeat(500), "]".repeat(500));
        assert_eq!(read(&plan, &[&nested]).error.unwrap(), nested);
    };
    std::thread::Builder::new().stack_size(1 << 20).spawn(run).unwrap().join().unwrap();
}

#[test]
fn done_marks_are_compared_as_bytes_before_anything_else() {
    let plan = ReadingPlan {
        done: vec!["[DONE]".into(), r#"{"a":"end"}"#.into()],
        ..output_plan(&["/a"])
    };
    let reader = Reader::new(&plan).unwrap();
    for mark in ["[DONE]", " [DONE] ", r#"{"a":"end"}"#] {
        let mut reading = Reading::new();
        assert_eq!(reader.read(mark.as_bytes(), &mut reading), FrameKind::Done);
        assert!(reading.done && reading.output.is_empty());
    }
    let mut reading = Reading::new();
    assert_ne!(reader.read(br#"{ "a":"end"}"#, &mut reading), FrameKind::Done);
    assert!(!reading.done);
    assert!(reader.knows_the_end());
    assert!(!Reader::new(&output_plan(&["/a"])).unwrap().knows_the_end());
}

#[test]
fn duplicate_members_each_match() {
    assert_eq!(read(&output_plan(&["/a"]), &[r#"{"a":"x","a":"y"}"#]).output, "xy");
}

#[test]
fn text_can_be_ignored_and_memory_reused() {
    let reader = Reader::new(&output_plan(&["/a"])).unwrap();
    let mut reading = Reading::without_text();
    let seen = reader.read(br#"{"a":"x"}"#, &mut reading);
    assert_eq!(seen, FrameKind::Output { channel: Channel::Output, tokens: None });
    assert_eq!((&*reading.output, reading.outputs.len()), ("", 1));

    let mut reading = Reading::new();
    reader.read(br#"{"a":"x"}"#, &mut reading);
    reader.read(b"oops", &mut reading);
    let capacity = reading.output.capacity();
    reading.clear();
    assert_eq!((reading.frames, reading.outputs.len(), reading.unreadable.is_none()), (0, 0, true));
    assert_eq!((&*reading.output, reading.output.capacity()), ("", capacity));
    reader.read(br#"{"a":"y"}"#, &mut reading);
    assert_eq!(reading.output, "y");
}

#[test]
fn a_frame_that_differs_from_the_last_in_its_text_is_read_without_parsing() {
    let frame = |text: &str| format!(r#"{{"a":"{text}","b":1}}"#).into_bytes();
    let mut memo = Memo::default();
    assert_eq!(memo.text(&frame("x")), None);
    memo.keep(&frame("one"), Some(6..9));
    for (next, expected) in [
        (frame("one"), Some("one")),
        (frame("a longer one, é"), Some("a longer one, é")),
        (frame(""), None),
        (frame("\\n"), None),
        (frame("x\",\"c\":\"y"), None),
        (frame("\n"), None),
        (br#"{"a":"one","b":2}"#.to_vec(), None),
        (b"{\"a\":\"\xff\",\"b\":1}".to_vec(), None),
        (br#"{"a":","b":1}"#.to_vec(), None),
        (b"".to_vec(), None),
    ] {
        let shown = String::from_utf8_lossy(&next);
        assert_eq!(memo.text(&next), expected, "{shown}");
    }
    memo.keep(&frame("one"), None);
    assert_eq!(memo.text(&frame("one")), None);
    memo.keep(&frame(&"x".repeat(2048)), Some(6..2054));
    assert_eq!(memo.text(&frame("x")), None);
}

fn piece(frame: u32, channel: Channel, text: &str, tokens: Option<u32>) -> Piece {
    Piece { frame, channel, text: text.into(), tokens }
}

#[test]
fn a_decoded_reply_becomes_the_same_reading() {
    let reply = Reply {
        pieces: vec![
            piece(3, Channel::Output, "b", None),
            piece(1, Channel::Reasoning, "r", Some(1)),
            piece(1, Channel::Output, "a", Some(2)),
            piece(2, Channel::Output, "", Some(1)),
            piece(4, Channel::ToolCall, "", None),
        ],
        finish_reason: Some("stop".into()),
        error: Some(String::new()),
        ..Reply::default()
    };
    let reading = Reading::from_reply(reply, 5).unwrap();
    assert_eq!((&*reading.output, &*reading.reasoning, reading.frames), ("ab", "r", 5));
    assert_eq!((reading.frame_tokens, reading.done, &reading.error), (Some(4), true, &None));
    let output = |frame, channel, tokens| Output { frame, channel, tokens };
    let expected = [
        output(1, Channel::Output, Some(3)),
        output(3, Channel::Output, None),
        output(4, Channel::ToolCall, None),
    ];
    assert_eq!(reading.outputs, expected);
}

#[test]
fn a_piece_of_a_missing_frame_is_an_error() {
    let reply = Reply { pieces: vec![piece(2, Channel::Output, "a", None)], ..Reply::default() };
    let error = Reading::from_reply(reply, 2).unwrap_err();
    assert_eq!(error.to_string(), "a piece names frame 2, but the exchange has only 2 frames");
}
