//! Replies, read by the plan, and the message that continues a conversation.

use super::*;
use crate::endpoint::Style;
use crate::reading::plan;
use loadwright_plugin::Piece;
use loadwright_plugin::reading::{count, text};

fn decoded(frames: &[&str]) -> Reply {
    decoded_at(Style::Chat, frames)
}

fn decoded_at(style: Style, frames: &[&str]) -> Reply {
    let frames: Vec<&[u8]> = frames.iter().map(|frame| frame.as_bytes()).collect();
    decode(&plan(style, false), &exchange::of(&frames))
}

fn piece(frame: u32, channel: &str, text: &str) -> Piece {
    Piece { frame, channel: channel.into(), text: text.into(), tokens: None }
}

#[test]
fn a_chat_stream() {
    let reply = decoded(&[
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
    assert_eq!(reply.pieces, [piece(1, "output", "He"), piece(2, "output", "llo")]);
    assert_eq!(reply.finish_reason.as_deref(), Some("stop"));
    let counts: Vec<_> = reply.counts.iter().map(|it| (it.name.as_str(), it.value)).collect();
    let wanted = [
        ("input", 7.0),
        ("output", 2.0),
        ("cached", 5.0),
        ("reasoning", 1.0),
        ("accepted", 3.0),
        ("rejected", 4.0),
    ];
    assert_eq!(counts, wanted);
    let message = reply.message.unwrap();
    assert_eq!((message.role.as_str(), message.extra.as_str()), ("assistant", ""));
    assert_eq!(message.parts, [Part::Text("Hello".into())]);
}

#[test]
fn cached_and_reasoning_tokens_under_every_name() {
    for (usage, cached, reasoning) in [
        // SGLang.
        (r#""reasoning_tokens":6,"prompt_tokens_details":null"#, None, Some(6.0)),
        // DeepSeek.
        (r#""prompt_cache_hit_tokens":4,"prompt_cache_miss_tokens":9"#, Some(4.0), None),
        (
            r#""prompt_cache_hit_tokens":4,"prompt_tokens_details":{"cached_tokens":5},
            "reasoning_tokens":6,"completion_tokens_details":{"reasoning_tokens":7}"#,
            Some(5.0),
            Some(7.0),
        ),
    ] {
        let reply = decoded(&[&format!(r#"{{"choices":[],"usage":{{{usage}}}}}"#)]);
        assert_eq!((count(&reply, "cached"), count(&reply, "reasoning")), (cached, reasoning));
    }
}

#[test]
fn a_whole_chat_reply() {
    let reply = decoded(&[r#"{"choices":[{"index":0,"message":{"role":"assistant","content":"Hi",
        "reasoning_content":"hm"},"finish_reason":"length"}],"usage":{"prompt_tokens":1}}"#]);
    assert_eq!(reply.pieces, [piece(0, "reasoning", "hm"), piece(0, "output", "Hi")]);
    assert_eq!(reply.finish_reason.as_deref(), Some("length"));
}

#[test]
fn completions_streaming_and_not() {
    let reply = decoded(&[
        r#"{"choices":[{"index":0,"text":"a","token_ids":[5,6]}]}"#,
        r#"{"choices":[{"index":0,"text":"b","logprobs":{"tokens":["b"]}}]}"#,
        r#"{"choices":[{"index":0,"text":"c","token_ids":[]}]}"#,
        r#"{"choices":[{"index":0,"text":"d","token_ids":[],"logprobs":{"tokens":["d"]}}]}"#,
        r#"{"choices":[{"index":0,"text":"e","token_ids":null,"logprobs":{"content":null}}]}"#,
    ]);
    let tokens: Vec<_> = reply.pieces.iter().map(|piece| piece.tokens).collect();
    assert_eq!(tokens, [Some(2), Some(1), Some(0), Some(1), None]);
    assert_eq!(decoded(&[r#"{"choices":[{"text":"whole"}]}"#]).pieces[0].text, "whole");
}

#[test]
fn reasoning_under_each_name_or_several_at_once() {
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
        assert_eq!(decoded(&[&frame]).pieces, [piece(0, "reasoning", "so")]);
    }
}

#[test]
fn tool_calls_are_put_together() {
    let reply = decoded(&[
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
fn several_choices_are_all_read_and_the_first_continues() {
    let reply = decoded(&[
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
        let reply = decoded(&[r#"{"choices":[{"delta":{"content":"x"}}]}"#, frame]);
        assert_eq!(reply.error.as_deref(), Some(text));
        assert_eq!(reply.pieces.len(), 1);
    }
    for frame in [r#"{"error":null}"#, r#"{"error":""}"#, r#"{"message":"fine"}"#, "garbage"] {
        assert_eq!(decoded(&[frame]).error, None, "{frame}");
    }
}

#[test]
fn odd_shapes_carry_nothing() {
    for frame in ["7", "null", r#"{"choices":7}"#, r#"{"choices":[{"delta":7},null]}"#] {
        assert_eq!(decoded(&[frame]).pieces, [], "{frame}");
    }
}

#[test]
fn embeddings_and_rankings_are_results() {
    let vectors = r#"{"object":"list","data":[{"index":0,"embedding":[0.1,0.2]},
        {"index":1,"embedding":"AAAA"}],"usage":{"prompt_tokens":8,"total_tokens":9}}"#;
    let ranking = r#"{"results":[{"index":1,"relevance_score":0.9}],"usage":{"total_tokens":8}}"#;
    let scores = r#"[{"index":0,"score":0.5}]"#;
    for (style, frame, input) in [
        (Style::Embeddings, vectors, Some(8.0)),
        (Style::Rerank, ranking, Some(8.0)),
        (Style::Rerank, scores, None),
    ] {
        let reply = decoded_at(style, &[frame]);
        let channels: Vec<_> = reply.pieces.iter().map(|piece| piece.channel.as_str()).collect();
        assert_eq!((channels, count(&reply, "input")), (vec!["result"], input), "{frame}");
        assert_eq!(text(&reply, "output"), "");
        assert_eq!(reply.message, None);
    }
    let reply = decoded_at(Style::Embeddings, &[r#"{"error":{"message":"too long"}}"#]);
    assert_eq!((reply.error.as_deref(), reply.pieces), (Some("too long"), vec![]));
}

#[test]
fn a_conversation_continues_with_text_unless_that_is_not_all() {
    assert_eq!(plan(Style::Chat, false).next, "text");
    assert_eq!(plan(Style::Chat, true).next, "decode");
}
