//! Replies as OpenAI-like services send them, read by the plan that stands for their api.

use super::*;

fn plan() -> ReadingPlan {
    let count = |kind, at| Rule::new(RuleKind::Count(kind), at);
    let prompt = "/usage/prompt_tokens_details/cached_tokens";
    let details = |name| format!("/usage/completion_tokens_details/{name}_tokens");
    let rules = [
        rules(
            &OUTPUT,
            &["/choices/*/delta/content", "/choices/*/message/content", "/choices/*/text"],
        ),
        rules(&REASONING, &["/choices/*/delta/reasoning_content", "/choices/*/delta/reasoning"]),
        rules(
            &TOOL_CALL,
            &[
                "/choices/*/delta/tool_calls/*/function/name",
                "/choices/*/delta/tool_calls/*/function/arguments",
                "/choices/*/message/tool_calls",
            ],
        ),
        rules(&RuleKind::Tokens, &["/choices/*/token_ids", "/choices/*/logprobs/content"]),
        rules(&RuleKind::Finish, &["/choices/*/finish_reason"]),
        vec![
            count(CountKind::Input, "/usage/prompt_tokens".to_owned()),
            count(CountKind::Output, "/usage/completion_tokens".to_owned()),
            count(CountKind::Cached, prompt.to_owned()),
            count(CountKind::Reasoning, details("reasoning")),
            count(CountKind::Accepted, details("accepted_prediction")),
            count(CountKind::Rejected, details("rejected_prediction")),
        ],
        rules(&RuleKind::Error, &["/error"]),
    ];
    ReadingPlan { done: vec!["[DONE]".into()], rules: rules.concat(), ..ReadingPlan::default() }
}

fn chunk(choice: &str) -> String {
    format!(
        r#"{{"id":"chatcmpl-9b1c","object":"chat.completion.chunk","created":1760000000,"model":"m","choices":[{choice}]}}"#
    )
}

fn seen(channel: Channel, tokens: Option<u32>) -> FrameKind {
    FrameKind::Output { channel, tokens }
}

/// Each frame with what it is.
fn chat_stream() -> Vec<(String, FrameKind)> {
    let usage = r#"{"id":"x","choices":[],"usage":{"prompt_tokens":11,"total_tokens":15,"completion_tokens":4,
        "prompt_tokens_details":{"cached_tokens":8},"completion_tokens_details":{"reasoning_tokens":2,
        "accepted_prediction_tokens":1,"rejected_prediction_tokens":0}}}"#;
    vec![
        (
            chunk(
                r#"{"index":0,"delta":{"role":"assistant","content":""},"logprobs":null,"finish_reason":null}"#,
            ),
            FrameKind::Nothing,
        ),
        (
            chunk(r#"{"index":0,"delta":{"reasoning_content":"Hm"},"logprobs":null}"#),
            seen(Channel::Reasoning, None),
        ),
        (
            chunk(r#"{"index":0,"delta":{"reasoning":".","content":"Hel"},"token_ids":[4,5]}"#),
            seen(Channel::Output, Some(2)),
        ),
        (
            chunk(r#"{"index":0,"delta":{"content":"lo\n"},"finish_reason":null}"#),
            seen(Channel::Output, None),
        ),
        (
            chunk(
                r#"{"index":0,"delta":{"tool_calls":[{"index":0,"id":"c","function":{"name":"f","arguments":""}}]}}"#,
            ),
            seen(Channel::ToolCall, None),
        ),
        (
            chunk(
                r#"{"index":0,"delta":{"tool_calls":[{"index":0,"function":{"arguments":"{\"a\""}}]}}"#,
            ),
            seen(Channel::ToolCall, None),
        ),
        (chunk(r#"{"index":0,"delta":{},"finish_reason":"stop"}"#), FrameKind::Nothing),
        (usage.into(), FrameKind::Nothing),
        ("[DONE]".into(), FrameKind::Done),
    ]
}

#[test]
fn a_chat_stream_is_read() {
    let reader = Reader::new(&plan()).unwrap();
    let mut reading = Reading::new();
    for (frame, expected) in chat_stream() {
        assert_eq!(reader.read(frame.as_bytes(), &mut reading), expected, "{frame}");
    }
    assert_eq!(
        (&*reading.reasoning, &*reading.output, &*reading.tool_calls),
        ("Hm.", "Hello\n", "f{\"a\"")
    );
    let usage = Usage {
        input_tokens: Some(11),
        output_tokens: Some(4),
        cached_tokens: Some(8),
        reasoning_tokens: Some(2),
        accepted_tokens: Some(1),
        rejected_tokens: Some(0),
    };
    assert_eq!(reading.usage, usage);
    assert_eq!(reading.finish_reason.as_deref(), Some("stop"));
    assert!(reading.done && reading.error.is_none() && reading.unreadable.is_none());
    assert_eq!(
        reading.outputs.iter().map(|output| output.frame).collect::<Vec<_>>(),
        [1, 2, 3, 4, 5]
    );
}

#[test]
fn a_whole_body_is_read_by_the_same_plan() {
    let body = r#"{
      "choices": [
        {"index": 0, "message": {"role": "assistant", "content": "one "}, "finish_reason": "stop"},
        {"index": 1, "message": {"role": "assistant", "content": "two"}, "finish_reason": "length"}
      ],
      "usage": {"prompt_tokens": 3, "completion_tokens": 2}
    }
    "#;
    let reading = read(&plan(), &[body]);
    assert_eq!(reading.output, "one two");
    assert_eq!((reading.usage.input_tokens, reading.usage.output_tokens), (Some(3), Some(2)));
    assert_eq!(reading.outputs, [Output { frame: 0, channel: Channel::Output, tokens: None }]);

    let calls =
        r#"{"choices":[{"message":{"content":null,"tool_calls":[{"function":{"name":"f"}}]}}]}"#;
    let reading = read(&plan(), &[calls]);
    assert_eq!(reading.outputs, [Output { frame: 0, channel: Channel::ToolCall, tokens: None }]);
}

#[test]
fn an_error_inside_a_stream_is_kept_with_the_output_before_it() {
    let frames = [
        chunk(r#"{"index":0,"delta":{"content":"a"}}"#),
        r#"{"error":{"message":"engine died","type":"server_error","code":500}}"#.into(),
    ];
    let reading = read(&plan(), &[&frames[0], &frames[1]]);
    assert_eq!((&*reading.output, reading.error.as_deref()), ("a", Some("engine died")));
}

#[test]
fn the_reply_that_decode_would_return_is_built_by_the_plan() {
    let frames = [
        chunk(r#"{"index":0,"delta":{"role":"assistant","content":""}}"#),
        chunk(r#"{"index":0,"delta":{"reasoning":".","content":"Hel"},"token_ids":[4,5]}"#),
        chunk(r#"{"index":0,"delta":{"content":"lo"},"finish_reason":"stop"}"#),
        r#"{"choices":[],"usage":{"completion_tokens":3}}"#.into(),
        "[DONE]".into(),
    ];
    let reader = Reader::new(&plan()).unwrap();
    let reply = reader.reply(frames.iter().map(|frame| ("", frame.as_bytes()))).unwrap();
    let expected = Reply {
        pieces: vec![
            piece(1, Channel::Reasoning, ".", None),
            piece(1, Channel::Output, "Hel", Some(2)),
            piece(2, Channel::Output, "lo", None),
        ],
        usage: Usage { output_tokens: Some(3), ..Usage::default() },
        finish_reason: Some("stop".into()),
        ..Reply::default()
    };
    assert_eq!(reply, expected);

    let error = reader.reply([("", &b"{}"[..]), ("", b"oops")]).unwrap_err();
    assert_eq!(error.to_string(), "frame 1 is not JSON (expected value at line 1 column 1): oops");
}
