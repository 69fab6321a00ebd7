//! Replies: read by hand, and the same by the plan.

use super::*;
use crate::reading::plan;
use loadwright_plugin::reading::read;

fn exchange(frames: &[&str]) -> Exchange {
    let frames = frames.iter().map(|frame| frame.as_bytes().to_vec()).collect();
    Exchange { status: 200, headers: vec![], frames }
}

/// Decodes, and holds that the plan reads the same.
fn both(frames: &[&str]) -> Reply {
    let decoded = decode(&exchange(frames));
    let mut planned = read(&plan(), &exchange(frames));
    planned.message = decoded.message.clone();
    assert_eq!(decoded, planned);
    decoded
}

fn piece(frame: u32, channel: Channel, text: &str) -> Piece {
    Piece { frame, channel, text: text.into(), tokens: None }
}

#[test]
fn a_chat_stream() {
    let reply = both(&[
        r#"{"choices":[{"index":0,"delta":{"role":"assistant","content":""}}]}"#,
        r#"{"choices":[{"index":0,"delta":{"content":"He"},"finish_reason":null}]}"#,
        r#"{"choices":[{"index":0,"delta":{"content":"llo"}}]}"#,
        r#"{"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}"#,
        r#"{"choices":[],"usage":{"prompt_tokens":7,"completion_tokens":2,
            "prompt_tokens_details":{"cached_tokens":5},
            "completion_tokens_details":{"reasoning_tokens":1,"accepted_prediction_tokens":3,
            "rejected_prediction_tokens":4}}}"#,
        "[DONE]",
    ]);
    assert_eq!(reply.pieces, [piece(1, Channel::Output, "He"), piece(2, Channel::Output, "llo")]);
    assert_eq!(reply.finish_reason.as_deref(), Some("stop"));
    let usage = reply.usage;
    assert_eq!((usage.input_tokens, usage.output_tokens), (Some(7), Some(2)));
    assert_eq!((usage.cached_tokens, usage.reasoning_tokens), (Some(5), Some(1)));
    assert_eq!((usage.accepted_tokens, usage.rejected_tokens), (Some(3), Some(4)));
    let message = reply.message.unwrap();
    assert_eq!((message.role.as_str(), message.extra.as_str()), ("assistant", ""));
    assert_eq!(message.parts, [Part::Text("Hello".into())]);
}

#[test]
fn cached_and_reasoning_tokens_in_every_spelling() {
    for (usage, cached, reasoning) in [
        // SGLang.
        (r#""reasoning_tokens":6,"prompt_tokens_details":null"#, None, Some(6)),
        // DeepSeek.
        (r#""prompt_cache_hit_tokens":4,"prompt_cache_miss_tokens":9"#, Some(4), None),
        (
            r#""prompt_cache_hit_tokens":4,"prompt_tokens_details":{"cached_tokens":5},
            "reasoning_tokens":6,"completion_tokens_details":{"reasoning_tokens":7}"#,
            Some(5),
            Some(7),
        ),
    ] {
        let usage = both(&[&format!(r#"{{"choices":[],"usage":{{{usage}}}}}"#)]).usage;
        assert_eq!((usage.cached_tokens, usage.reasoning_tokens), (cached, reasoning));
    }
}

#[test]
fn a_whole_chat_reply() {
    let reply = both(&[r#"{"choices":[{"index":0,"message":{"role":"assistant","content":"Hi",
        "reasoning_content":"hm"},"finish_reason":"length"}],"usage":{"prompt_tokens":1}}"#]);
    assert_eq!(reply.pieces, [piece(0, Channel::Reasoning, "hm"), piece(0, Channel::Output, "Hi")]);
    assert_eq!(reply.finish_reason.as_deref(), Some("length"));
}

#[test]
fn completions_streaming_and_not() {
    let reply = both(&[
        r#"{"choices":[{"index":0,"text":"a","token_ids":[5,6]}]}"#,
        r#"{"choices":[{"index":0,"text":"b","logprobs":{"tokens":["b"]}}]}"#,
        r#"{"choices":[{"index":0,"text":"c","token_ids":[]}]}"#,
        r#"{"choices":[{"index":0,"text":"d","token_ids":[],"logprobs":{"tokens":["d"]}}]}"#,
        r#"{"choices":[{"index":0,"text":"e","token_ids":null,"logprobs":{"content":null}}]}"#,
    ]);
    let tokens: Vec<_> = reply.pieces.iter().map(|piece| piece.tokens).collect();
    assert_eq!(tokens, [Some(2), Some(1), Some(0), Some(1), None]);
    assert_eq!(both(&[r#"{"choices":[{"text":"whole"}]}"#]).pieces[0].text, "whole");
}

#[test]
fn reasoning_in_either_spelling_or_in_both_at_once() {
    for members in [
        r#""reasoning_content":"so""#,
        r#""reasoning":"so""#,
        r#""reasoning":"so","reasoning_content":"so""#,
        r#""reasoning":"so","reasoning_content":"""#,
        r#""reasoning_details":[{"type":"reasoning.text","text":"so"}]"#,
        r#""reasoning_details":[{"type":"reasoning.summary","summary":"so"}]"#,
        r#""reasoning_details":[{"text":"s"},{"type":"reasoning.encrypted","data":"x"},{"text":"o"}]"#,
        r#""reasoning_details":[{"text":"so","summary":"in short"}]"#,
        r#""reasoning":"so","reasoning_details":[{"text":"so"}]"#,
        r#""reasoning":null,"reasoning_details":[{"summary":"so"},{"text":""}]"#,
    ] {
        let frame = format!(r#"{{"choices":[{{"delta":{{{members}}}}}]}}"#);
        assert_eq!(both(&[&frame]).pieces, [piece(0, Channel::Reasoning, "so")]);
    }
}

#[test]
fn tool_calls_are_put_together() {
    let reply = both(&[
        r#"{"choices":[{"delta":{"tool_calls":[{"index":0,"id":"c1","type":"function",
            "function":{"name":"look","arguments":""}}]}}]}"#,
        r#"{"choices":[{"delta":{"tool_calls":[{"index":0,"function":{"arguments":"{\"a\""}}]}}]}"#,
        r#"{"choices":[{"delta":{"tool_calls":[{"index":0,"function":{"arguments":":1}"}},
            {"index":1,"id":"c2","function":{"name":"go","arguments":"{}"}}]}}]}"#,
    ]);
    let texts: Vec<_> = reply.pieces.iter().map(|piece| piece.text.as_str()).collect();
    assert_eq!(texts, ["look", "{\"a\"", "go:1}{}"]);
    let message = reply.message.unwrap();
    assert!(message.parts.is_empty());
    let extra: Value = serde_json::from_str(&message.extra).unwrap();
    let wanted = json!({"content": null, "tool_calls": [
        {"type": "function", "id": "c1", "function": {"name": "look", "arguments": "{\"a\":1}"}},
        {"type": "function", "id": "c2", "function": {"name": "go", "arguments": "{}"}},
    ]});
    assert_eq!(extra, wanted);
}

#[test]
fn several_choices_are_all_read_and_the_first_goes_on() {
    let reply = both(&[
        r#"{"choices":[{"index":1,"delta":{"content":"B"}}]}"#,
        r#"{"choices":[{"index":0,"delta":{"content":"A"}},{"index":1,"delta":{"content":"b"}}]}"#,
    ]);
    let texts: Vec<_> = reply.pieces.iter().map(|piece| piece.text.as_str()).collect();
    assert_eq!(texts, ["B", "Ab"]);
    assert_eq!(reply.message.unwrap().parts, [Part::Text("A".into())]);
}

#[test]
fn errors_inside_a_stream() {
    for (frame, text) in [
        (r#"{"error":{"message":"out of memory","code":500}}"#, "out of memory"),
        (r#"{"error":"gone"}"#, "gone"),
        (r#"{"object":"error","message":"too long"}"#, "too long"),
        (r#"{"error":{"code":7}}"#, r#"{"code":7}"#),
    ] {
        let reply = both(&[r#"{"choices":[{"delta":{"content":"x"}}]}"#, frame]);
        assert_eq!(reply.error.as_deref(), Some(text));
        assert_eq!(reply.pieces.len(), 1);
    }
    for frame in [r#"{"error":null}"#, r#"{"error":""}"#, r#"{"message":"fine"}"#, "garbage"] {
        assert_eq!(both(&[frame]).error, None, "{frame}");
    }
}

#[test]
fn odd_shapes_carry_nothing() {
    for frame in ["7", "null", r#"{"choices":7}"#, r#"{"choices":[{"delta":7},null]}"#] {
        assert_eq!(both(&[frame]).pieces, [], "{frame}");
    }
}
